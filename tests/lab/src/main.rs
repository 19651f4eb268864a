//! The lab program.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use lab::failure::{Failure, Outcome};
use lab::guest::hwsim::Hwsim;
use lab::guest::init::{self, OUTCOME, RESULTS};
use lab::guest::lab::{Lab, REMOVE_RADIO};
use lab::guest::stranger;
use lab::guest::systemd;
use lab::guest::wired;
use lab::guest::{asks, courier, hostile};
use lab::host::boot::Guest;
use lab::host::kernel::Kernel;
use lab::host::{Parts, check, eap, kernel, play, show, walls};
use lab::scenarios;

const HELP: &str = "\
usage: cargo lab COMMAND
  demo [--keep]      shows what Airlock does on simulated radios; --keep leaves a shell in the guest
  test               everything: format, clippy, tests, and all scenarios
  run [SCENARIO...]  the scenarios whose names contain one of the words; --as-built builds nothing before,
                     --stand-in lets Debian's programs play the parts of ours
  list               the names of the scenarios
  shell [RADIOS]     a shell in a guest with simulated radios
  kernel             says which kernel guests use; builds it where there is none
  attacks [--from FILE]  what a daemon or helper that was taken over tries, and what came of it; FILE has further rows
  eap [WORD...]      our EAP and RADIUS judged by Debian's eapol_test, hostapd and freeradius, over loopback
  walls [--rooms]    whether the rooms of the house are apart, in figures; --rooms counts their lines too
  fuzz [SECONDS]     each fuzz target for a minute
  bench              ours and Debian's side by side, in time and memory
  bench radius       our RADIUS server beside hostapd and freeradius: authentications a second for each core, and memory
";

fn main() -> ExitCode {
    if init::is_first_process() {
        return init::run();
    }
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("lab: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<bool> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    match command.as_str() {
        "run" => {
            let parts = Parts::get()?;
            let (options, words): (Vec<String>, Vec<String>) = rest.into_iter().partition(|word| word.starts_with('-'));
            let has = |name: &str| options.iter().any(|option| option == name);
            if options.iter().any(|option| !["--as-built", show::STAND_IN].contains(&option.as_str())) {
                return Err(Failure::new("run knows these options: --as-built --stand-in"));
            }
            if options.is_empty() {
                play::build_ours()?;
            }
            let mut stories = scenarios::matching(&words);
            if has(show::STAND_IN) {
                // Units of ours start programs of ours.
                stories.retain(|story| !story.systemd);
            }
            let count = play::stories(&parts, &stories, has(show::STAND_IN))?;
            println!("{} passed, {} failed", count.passed, count.failed.len());
            Ok(count.failed.is_empty() && count.passed > 0)
        }
        "test" => check::everything(),
        "walls" => walls::walls(rest.iter().any(|word| word == "--rooms")),
        "fuzz" => check::fuzz(rest.first().and_then(|text| text.parse().ok()).unwrap_or(60)),
        "demo" => show::demo(&rest),
        "bench" if rest.first().is_some_and(|word| word == "radius") => eap::bench(),
        "bench" => show::bench(&rest),
        "eap" => eap::eap(&rest),
        "attacks" => show::attacks(&rest),
        "list" => {
            for story in scenarios::matching(&rest) {
                println!("{}", story.name);
            }
            Ok(true)
        }
        "shell" => {
            let guest = Guest {
                story: init::SHELL.into(),
                radios: rest.first().and_then(|text| text.parse().ok()).unwrap_or(4),
                time_travel: false,
                keep: false,
                stand_in: false,
                results: play::target()?.join("lab/shell"),
                programs: play::programs()?,
                limit: play::LIMIT,
                files: Vec::new(),
            };
            guest.run(&Parts::get()?).map(|()| true)
        }
        "kernel" => {
            let kernel = Kernel::get()?;
            println!("{} (Linux {}.{})", kernel.path.display(), kernel.version.0, kernel.version.1);
            println!("{} names another", kernel::VARIABLE);
            Ok(true)
        }
        "guest" => in_guest(rest.first().map(String::as_str).unwrap_or_default()),
        hostile::COMMAND => match rest.as_slice() {
            [path, attack, interface] => hostile::attack(Path::new(path), attack, interface).map(|()| true),
            _ => Err(Failure::new("hostile wants a socket, an attack and an interface")),
        },
        asks::COMMAND => match rest.as_slice() {
            [source, role, own, other, words @ ..] => {
                asks::play(source, role, own, other, words, &play::programs()?.join("privd-keeper"))
            }
            _ => Err(Failure::new("ask wants a socket, a role, two interfaces and a verb")),
        },
        courier::COMMAND => match rest.as_slice() {
            [source, role, verbs @ ..] => {
                asks::play_with_courier(source, role, verbs, &play::programs()?.join("privd-keeper"))
            }
            _ => Err(Failure::new("courier wants a socket, a role and verbs")),
        },
        courier::PEER => match rest.as_slice() {
            [verb, at] => courier::peer(verb, at),
            _ => Err(Failure::new("peer wants a verb and an address")),
        },
        wired::COMMAND => match rest.as_slice() {
            [path, one, other, foreign] => wired::play(Path::new(path), one, other, foreign).map(|()| true),
            _ => Err(Failure::new("wired wants a socket and three links")),
        },
        hostile::LISTEN => match rest.as_slice() {
            [path, program, arguments @ ..] => {
                hostile::listen_and_become(Path::new(path), Path::new(program), arguments).map(|()| true)
            }
            _ => Err(Failure::new("listen wants a path and a program")),
        },
        systemd::KNOCK => match rest.as_slice() {
            [path, times] => systemd::knock(Path::new(path), times.parse().unwrap_or(1)).map(|()| true),
            _ => Err(Failure::new("knock wants a socket and how often")),
        },
        REMOVE_RADIO => {
            let radio = rest.first().and_then(|text| text.parse().ok());
            Hwsim::open()?.remove(radio.ok_or_else(|| Failure::new("which radio?"))?)?;
            Ok(true)
        }
        stranger::INJECT => match rest.as_slice() {
            [interface, file] => stranger::inject(interface, Path::new(file), None).map(|()| true),
            [interface, file, pause] => {
                let pause = pause.parse().map_err(|_| Failure::new(format!("{pause:?} is no pause")))?;
                stranger::inject(interface, Path::new(file), Some(pause)).map(|()| true)
            }
            _ => Err(Failure::new("inject wants an interface and a file, and a pause to go on for ever")),
        },
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(Failure::new(format!("unknown command {other:?}\n{HELP}"))),
    }
}

/// Plays a story inside a guest.
fn in_guest(name: &str) -> Outcome<bool> {
    let outcome = match scenarios::find(name) {
        Some(story) => Lab::new(name).and_then(|mut lab| (story.play)(&mut lab)),
        None => Err(Failure::new(format!("no scenario is called {name}"))),
    };
    let said = outcome.err().map(|failure| failure.to_string()).unwrap_or_default();
    std::fs::write(Path::new(RESULTS).join(OUTCOME), &said)?;
    Ok(said.is_empty())
}
