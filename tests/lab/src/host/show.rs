//! `lab demo` and `lab bench`: guests with a clock that runs as ours does.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Parts;
use super::boot::Guest;
use super::image::Image;
use super::play::{build_ours, build_profile, programs, stories_with, target};
use crate::failure::{During as _, Failure, Outcome};
use crate::guest::attacks;
use crate::guest::bench::MEASURED;
use crate::scenarios::{BENCH, DEMO, taken_over};

/// Said to the lab built for release by the one that was started.
pub const HERE: &str = "--here";

/// Debian's programs play our parts: to see whether the lab itself works.
pub const STAND_IN: &str = "--stand-in";

fn guest(story: &str, radios: u32, keep: bool) -> Outcome<Guest> {
    Ok(Guest {
        story: story.into(),
        radios,
        time_travel: false,
        keep,
        stand_in: false,
        results: target()?.join("lab").join(story),
        programs: programs()?,
        limit: Duration::from_secs(600),
        files: Vec::new(),
    })
}

/// The demonstration.
pub fn demo(options: &[String]) -> Outcome<bool> {
    let has = |name: &str| options.iter().any(|option| option == name);
    let keep = has("--keep");
    let parts = Parts::get()?;
    if !has(STAND_IN) {
        println!("Building our programs ...");
        build_ours()?;
    }
    let started = Instant::now();
    println!(
        "Booting a Linux {}.{} guest with four simulated radios ...",
        parts.kernel.version.0, parts.kernel.version.1
    );
    let mut guest = guest(DEMO, 4, keep)?;
    guest.stand_in = has(STAND_IN);
    let outcome = if keep { guest.run(&parts) } else { guest.run_shown(&parts) };
    match &outcome {
        Ok(()) => println!("All of it went well, in {:.1} s.", started.elapsed().as_secs_f64()),
        Err(failure) => println!("It went wrong: {failure}\nThe logs are in {}", guest.results.display()),
    }
    Ok(outcome.is_ok())
}

/// The table of attacks: all of them, and those of a file.
pub fn attacks(options: &[String]) -> Outcome<bool> {
    let further = match options {
        [] => Vec::new(),
        [option, file] if option == "--from" => {
            let text = fs::read_to_string(file).during(|| file.clone())?;
            // Said before anything is built or booted.
            attacks::rows(file, &text)?;
            vec![(attacks::FURTHER.to_owned(), text)]
        }
        _ => return Err(Failure::new("attacks knows one option: --from FILE")),
    };
    let parts = Parts::get()?;
    build_ours()?;
    let stories = [taken_over::STORIES, taken_over::UNITS].concat();
    let count = stories_with(&parts, &stories, false, &further)?;
    let (mut rows, mut broken) = (0, 0);
    println!("\n{:<13} {:<6} {:<62} {:<7} what happened", "who", "start", "what is tried", "");
    for story in &stories {
        let file = target()?.join("lab").join(story.name).join(attacks::TABLE);
        let table = fs::read_to_string(&file).during(|| format!("{} has no table", story.name))?;
        for line in table.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let [who, started, what, happened, held] = columns.as_slice() else { continue };
            println!("{who:<13} {started:<6} {what:<62} {held:<7} {happened}");
            rows += 1;
            broken += usize::from(*held != "held");
        }
    }
    println!("{rows} rows, {broken} of them broken");
    Ok(count.failed.is_empty() && broken == 0 && rows > 0)
}

/// The measurements: builds for release and has the release lab measure.
pub fn bench(options: &[String]) -> Outcome<bool> {
    let has = |name: &str| options.iter().any(|option| option == name);
    if !has(HERE) && !has(STAND_IN) {
        Parts::get()?;
        println!("Building for release ...");
        build_profile(true)?;
        let lab = target()?.join("release/lab");
        let error = Command::new(&lab).args(["bench", HERE]).exec();
        return Err(Failure::new(format!("{}: {error}", lab.display())));
    }
    let parts = Parts::get()?;
    println!("Measuring in a Linux {}.{} guest ...", parts.kernel.version.0, parts.kernel.version.1);
    let mut guest = guest(BENCH, 4, false)?;
    guest.stand_in = has(STAND_IN);
    guest.run(&parts)?;
    let text = fs::read_to_string(guest.results.join(MEASURED)).during(|| "the guest's measurements".into())?;
    let mut all: Value = serde_json::from_str(&text).during(|| "the guest's measurements".into())?;
    let sizes = sizes(&parts.image)?;
    let pbkdf2 = pbkdf2(&parts.image)?;
    if let Some(object) = all.as_object_mut() {
        object.insert("binary_bytes".into(), sizes);
        object.insert("pbkdf2_cpu_ms".into(), pbkdf2);
        object.insert("machine".into(), machine());
    }
    print_table(&all);
    let file = target()?.join("lab/bench.json");
    fs::write(&file, format!("{all:#}\n"))?;
    println!("as JSON: {}", file.display());
    Ok(true)
}

fn machine() -> Value {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    json!({ "processor": model.trim_start_matches([':', '\t', ' ']), "cores": cores })
}

/// The programs that hold a right.
const HELPERS: [&str; 4] = ["privd", "privd-post", "privd-courier", "privd-keeper"];

fn sizes(image: &Image) -> Outcome<Value> {
    let size = |path: &std::path::Path| fs::metadata(path).map(|data| data.len()).unwrap_or(0);
    let ours = programs()?;
    Ok(json!({
        "supplicant": size(&ours.join("supplicant")),
        "apd": size(&ours.join("apd")),
        "privd": size(&ours.join("privd")),
        "helpers": HELPERS.iter().map(|name| size(&ours.join(name))).sum::<u64>(),
        "wpa_supplicant": size(&image.file("/usr/sbin/wpa_supplicant")),
        "hostapd": size(&image.file("/usr/sbin/hostapd")),
    }))
}

/// Processor time of one derivation of a key from a passphrase, ours and Debian's.
fn pbkdf2(image: &Image) -> Outcome<Value> {
    const ROUNDS: u32 = 40;
    let own = || nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from);
    let before = own()?;
    for _ in 0..ROUNDS {
        std::hint::black_box(crypto::pbkdf2_psk(b"correct horse battery", b"Airlock Lab"));
    }
    let ours = own()?.saturating_sub(before);
    // A passphrase that is too short is refused before the derivation: what is left is the program's start.
    let theirs = passphrase_runs(image, "correct horse battery", ROUNDS)?
        .saturating_sub(passphrase_runs(image, "short", ROUNDS)?);
    let each = |all: Duration| all.as_secs_f64() * 1000.0 / f64::from(ROUNDS);
    Ok(json!({ "airlock": each(ours), "debian": each(theirs) }))
}

fn passphrase_runs(image: &Image, passphrase: &str, rounds: u32) -> Outcome<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let spent = || -> Outcome<i64> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        Ok((usage.user_time() + usage.system_time()).num_microseconds())
    };
    let before = spent()?;
    for _ in 0..rounds {
        Command::new("chroot")
            .arg(&image.path)
            .args(["wpa_passphrase", "Airlock Lab", passphrase])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .during(|| "wpa_passphrase".into())?;
    }
    let micros = spent()?.saturating_sub(before);
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

fn print_table(all: &Value) {
    let number = |path: &str| all.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let row = |what: &str, ours: f64, theirs: f64, unit: &str| {
        // What one of the two does not have is not compared.
        let shown = |figure: f64, digits: usize| {
            if figure.is_nan() { "-".into() } else { format!("{figure:.digits$}") }
        };
        let (left, right, ratio) = (shown(ours, 1), shown(theirs, 1), shown(ours / theirs, 2));
        println!("{what:<74} {left:>9} {right:>9} {unit:<3} {ratio:>6}");
    };
    let spread = |path: &str| {
        let figure = |name: &str| format!("{:.1}", number(&format!("{path}/{name}")));
        format!("{} / {} / {}", figure("min"), figure("median"), figure("max"))
    };
    println!("\n{:<74} {:>26} {:>26}     {:>6}", "scan result to open port", "Airlock", "Debian", "ratio");
    println!("{:<74} {:>26} {:>26}     {:>6}", "", "min / median / max", "min / median / max", "median");
    for suite in ["open", "psk", "sae"] {
        let debian = format!("/join_ms/{suite}/debian_debian");
        let cases = [
            ("our station and access point", "airlock_airlock"),
            ("our station, Debian's access point", "airlock_debian"),
            ("Debian's station, our access point", "debian_airlock"),
        ];
        for (words, key) in cases {
            let ours = format!("/join_ms/{suite}/{key}");
            let ratio = number(&format!("{ours}/median")) / number(&format!("{debian}/median"));
            println!(
                "{:<74} {:>26} {:>26} ms  {ratio:>6.2}",
                format!("{suite}: {words}"),
                spread(&ours),
                spread(&debian)
            );
        }
    }
    println!("\n{:<74} {:>9} {:>9}     {:>6}", "", "Airlock", "Debian", "ratio");
    for suite in ["open", "psk", "sae"] {
        let (ours, theirs) = (format!("/cpu_ms/{suite}/airlock"), format!("/cpu_ms/{suite}/debian"));
        row(&format!("processor time of the station's processes, {suite}"), number(&ours), number(&theirs), "ms");
    }
    let exchange = |who: &str| number(&format!("/cpu_ms/sae/{who}")) - number(&format!("/cpu_ms/open/{who}"));
    row("processor time of an SAE exchange (sae less open)", exchange("airlock"), exchange("debian"), "ms");
    row("processor time of PBKDF2", number("/pbkdf2_cpu_ms/airlock"), number("/pbkdf2_cpu_ms/debian"), "ms");
    let mib = 1024.0;
    for (role, words) in [
        ("station", "resident memory of the station, all processes"),
        ("access_point", "resident memory of the access point, all processes"),
    ] {
        for (kind, more) in [("rss", ""), ("pss", " (shared pages divided)")] {
            let sum = |who: &str| number(&format!("/memory_kib/{role}/{who}/{kind}")) / mib;
            row(&format!("{words}{more}"), sum("airlock"), sum("debian"), "MiB");
        }
    }
    for (role, who) in
        [("station", "airlock"), ("access_point", "airlock"), ("station", "debian"), ("access_point", "debian")]
    {
        let processes = all.pointer(&format!("/memory_kib/{role}/{who}/processes")).and_then(Value::as_array);
        for process in processes.into_iter().flatten() {
            let text = |key: &str| process.get(key).and_then(Value::as_str).unwrap_or_default();
            let size = |key: &str| process.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN) / mib;
            println!(
                "  {:<16} {:>7.1} MiB resident, {:>5.1} MiB share, {:>5.1} MiB its own",
                text("name"),
                size("rss"),
                size("pss"),
                size("private")
            );
        }
    }
    let size = |name: &str| number(&format!("/binary_bytes/{name}")) / 1024.0 / mib;
    row("binaries of the station (with helpers)", size("supplicant") + size("helpers"), size("wpa_supplicant"), "MiB");
    row("binaries of the access point (with helpers)", size("apd") + size("helpers"), size("hostapd"), "MiB");
    row("binary of privd alone", size("privd"), f64::NAN, "MiB");
}
