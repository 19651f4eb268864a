//! `lab bench radius`: authentications a second for each core of our server, Debian's hostapd and Debian's freeradius.
//!
//! What is measured is the processor time of the server alone (the scheduler's own account of each thread), so that the
//! stations, on the same machine, do not count. Each figure is of a fresh server that was warmed by some conversations:
//! hostapd holds a thousand sessions at most, those that are over for a while too.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::certificates::Certificates;
use super::programs::{Running, last};
use super::servers::{self, Freeradius, Listening, SECRET};
use super::{NEEDS, fresh_folder};
use crate::failure::{During as _, Failure, Outcome, check};
use crate::host::{cargo, needs, play};

/// Conversations of one measurement.
const COUNT: u32 = 900;
const WARM: u32 = 40;
/// Conversations of eapol_test, which has one at a time.
const STATION: u32 = 80;
const ROUNDS: usize = 3;
/// Sessions that are held.
const HELD: u32 = 10_000;

/// What is measured: its name, what our stations and what eapol_test are told, and how freeradius begins.
struct Work {
    name: &'static str,
    station: &'static str,
    eapol_test: &'static str,
    method: &'static str,
    /// Server and client keys.
    keys: (&'static str, &'static str),
    /// How much faster than hostapd, and than freeradius, we mean to be; in tenths.
    goal: (u64, u64),
}

const WORKS: &[Work] = &[
    Work {
        name: "EAP-MD5",
        station: "methods=MD5",
        eapol_test: "eap=MD5",
        method: "md5",
        keys: ("server", "client"),
        goal: (40, 10),
    },
    Work {
        name: "EAP-TLS, RSA 2048",
        station: "methods=TLS\nresumption=no",
        eapol_test: "eap=TLS",
        method: "tls",
        keys: ("server", "client"),
        goal: (20, 10),
    },
    Work {
        name: "EAP-TLS, P-256",
        station: "methods=TLS\nresumption=no",
        eapol_test: "eap=TLS",
        method: "tls",
        keys: ("server-p256", "client-p256"),
        goal: (20, 10),
    },
    Work {
        name: "EAP-TLS, resumed",
        station: "methods=TLS",
        eapol_test: "eap=TLS",
        method: "tls",
        keys: ("server", "client"),
        goal: (20, 10),
    },
    Work {
        name: "PEAP-MSCHAPv2",
        station: "methods=PEAP\ninner=MSCHAPV2\nresumption=no",
        eapol_test: "eap=PEAP\nphase2=\"auth=MSCHAPV2\"",
        method: "peap",
        keys: ("server", "client"),
        goal: (10, 10),
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Ours,
    Hostapd,
    Freeradius,
}

const SERVERS: [Server; 3] = [Server::Ours, Server::Hostapd, Server::Freeradius];

struct Bench {
    programs: PathBuf,
    folder: PathBuf,
    certificates: Certificates,
}

impl Bench {
    fn start(&self, server: Server, work: &Work, folder: &Path) -> Outcome<Listening> {
        let at = self.certificates.folder().display();
        let key = work.keys.0;
        match server {
            Server::Ours => servers::ours(
                &self.programs,
                folder,
                &format!(
                    "methods={}\ninner=MSCHAPV2\npassword=secret\nquiet=yes\nca={at}/ca.pem\ncert={at}/{key}.pem\nkey={at}/{key}.key",
                    work.method.to_uppercase()
                ),
            ),
            Server::Hostapd => servers::hostapd(
                folder,
                &format!(
                    "ca_cert={at}/ca.pem\nserver_cert={at}/{key}.pem\nprivate_key={at}/{key}.key\n\
                     tls_session_lifetime=3600\n\"alice\" {} \"secret\"\n\"alice\" MSCHAPV2 \"secret\" [2]",
                    work.method.to_uppercase()
                ),
                false,
            ),
            Server::Freeradius => servers::freeradius(
                folder,
                &Freeradius {
                    method: work.method,
                    inner: "mschapv2",
                    tls: &format!(
                        "certificate_file = {at}/{key}.pem\n private_key_file = {at}/{key}.key\n \
                         tls_min_version = \"1.2\"\n tls_max_version = \"1.2\"\n cache {{ enable = yes\n lifetime = 24\n \
                         name = lab\n persist_dir = {} }}",
                        folder.display()
                    ),
                    certificates: self.certificates.folder(),
                    debug: false,
                },
            ),
        }
    }

    /// Has our stations come to a server; gives the program, which goes on if sessions are held.
    fn load(&self, work: &Work, folder: &Path, port: u16, more: &str) -> Outcome<Running> {
        let at = self.certificates.folder().display();
        let key = work.keys.1;
        let file = folder.join("load.conf");
        let text = format!(
            "secret={SECRET}\nport={port}\nca={at}/ca.pem\ncert={at}/{key}.pem\nkey={at}/{key}.key\npassword=secret\n\
             tls=1.2\n{}\n{more}\n",
            work.station
        );
        fs::write(&file, text)?;
        Running::start(Command::new(self.programs.join("radius-load")).arg(&file), folder, "load")
    }

    fn have(&self, work: &Work, folder: &Path, port: u16, count: u32) -> Outcome {
        let (_, said) = self.load(work, folder, port, &format!("count={count}"))?.end()?;
        let line = last(&said);
        check(line.starts_with(&format!("done {count} 0 ")), || line)
    }

    /// Microseconds of the server's processor time for one conversation with our stations.
    fn measure(&self, server: Server, work: &Work) -> Outcome<f64> {
        let folder = self.folder.join("server");
        let mut spent = 0;
        for _ in 0..ROUNDS {
            fresh_folder(&folder)?;
            let listening = self.start(server, work, &folder)?;
            self.have(work, &folder, listening.port, WARM)?;
            let before = processor_time(listening.program.id())?;
            self.have(work, &folder, listening.port, COUNT)?;
            spent += processor_time(listening.program.id())?.saturating_sub(before);
        }
        #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a few seconds")]
        Ok(spent as f64 / 1000.0 / f64::from(COUNT) / ROUNDS as f64)
    }

    /// The same with eapol_test, one conversation after the other.
    fn measure_station(&self, server: Server, work: &Work) -> Outcome<f64> {
        let folder = self.folder.join("server");
        fresh_folder(&folder)?;
        let listening = self.start(server, work, &folder)?;
        let at = self.certificates.folder().display();
        let key = work.keys.1;
        let file = folder.join("eapol_test.conf");
        let again = if work.station.contains("resumption=no") { "fast_reauth=0\n" } else { "" };
        let text = format!(
            "{again}network={{\nkey_mgmt=WPA-EAP\neapol_flags=0\nidentity=\"alice\"\npassword=\"secret\"\n{}\n\
             ca_cert=\"{at}/ca.pem\"\nclient_cert=\"{at}/{key}.pem\"\nprivate_key=\"{at}/{key}.key\"\n}}\n",
            work.eapol_test
        );
        fs::write(&file, text)?;
        let before = processor_time(listening.program.id())?;
        let mut command = Command::new("/usr/bin/eapol_test");
        command.args([
            "-a",
            "127.0.0.1",
            "-s",
            SECRET,
            "-p",
            &listening.port.to_string(),
            "-r",
            &(STATION - 1).to_string(),
        ]);
        command.arg("-c").arg(&file);
        if work.method == "md5" {
            command.arg("-n");
        }
        let (good, said) = Running::start(&mut command, &folder, "eapol_test")?.end()?;
        check(good, || last(&said))?;
        #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a few seconds")]
        Ok(processor_time(listening.program.id())?.saturating_sub(before) as f64 / 1000.0 / f64::from(STATION))
    }

    /// Megabytes that a server holds once so many stations have begun, and how many it was that it held.
    fn memory(&self, server: Server, work: &Work, hold: u32) -> Outcome<(f64, u32)> {
        let folder = self.folder.join("server");
        fresh_folder(&folder)?;
        let listening = self.start(server, work, &folder)?;
        let mut load = self.load(work, &folder, listening.port, &format!("count={HELD}\nhold={hold}"))?;
        let said = load.until("done ")?;
        let held = last(&said).split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok((resident(listening.program.id())?, held))
    }
}

/// Nanoseconds that all threads of a program have run.
fn processor_time(id: u32) -> Outcome<u64> {
    let mut sum: u64 = 0;
    for task in fs::read_dir(format!("/proc/{id}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let ran: Option<u64> = text.split_whitespace().next().and_then(|text| text.parse().ok());
        sum = sum.saturating_add(ran.during(|| "the kernel does not say how long a thread ran".into())?);
    }
    Ok(sum)
}

/// Megabytes of a program in memory.
fn resident(id: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    Ok(kilobytes.during(|| "the kernel does not say how much memory is used".into())? / 1000.0)
}

/// Measures and prints; false if a goal was not reached.
pub(super) fn bench() -> Outcome<bool> {
    needs::packages(&NEEDS)?;
    println!("Building our programs for release ...");
    let mut build = cargo(&["build", "--quiet", "--release", "--package", "eap-peers", "--bins"])?;
    check(build.status()?.success(), || "our programs do not build".into())?;
    let folder = play::target()?.join("lab/bench-radius");
    fresh_folder(&folder)?;
    let made = folder.join("certificates");
    fs::create_dir_all(&made)?;
    let bench = Bench { programs: play::target()?.join("release"), certificates: Certificates::make(&made)?, folder };
    println!(
        "authentications a second for each core; with our stations, {COUNT} at a time of a fresh server, {ROUNDS} times"
    );
    println!(
        "{:<20} {:>9} {:>9} {:>10}   {:>9} {:>11}",
        "", "ours", "hostapd", "freeradius", "/ hostapd", "/ freeradius"
    );
    let mut reached = true;
    for (station, words) in [(false, ""), (true, "with eapol_test")] {
        if station {
            println!("{words}");
        }
        for work in WORKS {
            let mut costs = Vec::new();
            for server in SERVERS {
                let cost = if station { bench.measure_station(server, work) } else { bench.measure(server, work) };
                costs.push(cost.during(|| format!("{} with {server:?}", work.name))?);
            }
            let [ours, hostapd, freeradius] = costs.as_slice() else { return Err(Failure::new("three servers")) };
            let (to_hostapd, to_freeradius) = (hostapd / ours, freeradius / ours);
            let mut line = format!("{:<20}", work.name);
            for cost in &costs {
                let _ = write!(line, " {:>9.0}", 1e6 / cost);
            }
            let tenths = |goal: u64| f64::from(u32::try_from(goal).unwrap_or(u32::MAX)) / 10.0;
            let good = to_hostapd >= tenths(work.goal.0) && to_freeradius >= tenths(work.goal.1);
            if !station {
                reached &= good;
            }
            let goal = if good || station { String::new() } else { format!("  (to reach: {})", tenths(work.goal.0)) };
            println!("{line}    {to_hostapd:>9.1} {to_freeradius:>11.1}{goal}");
        }
    }
    println!("memory with {HELD} sessions of EAP-TLS, in MB");
    let Some(work) = WORKS.iter().find(|work| work.method == "tls") else { return Err(Failure::new("no EAP-TLS")) };
    // The station has sent its hello and has a part of the answer: the most that a server has to keep.
    for server in [Server::Ours, Server::Freeradius] {
        let (megabytes, held) = bench.memory(server, work, 3)?;
        println!("{:<20} {megabytes:>9.1} ({held} held)", format!("{server:?}"));
        if server == Server::Ours {
            reached &= megabytes < 200.0 && held == HELD;
        }
    }
    Ok(reached)
}
