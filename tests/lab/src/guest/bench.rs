//! Ours and Debian's, measured side by side in one guest with a running clock.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde_json::{Map, Value, json};

use super::lab::{Lab, Maker};
use super::networks::{Method, Network, Suite};
use super::process::{self, Process};
use super::station::{AccessPoint, Station};
use crate::failure::{During as _, Outcome};

/// The file of measurements.
pub const MEASURED: &str = "measured.json";

const AWHILE: Duration = Duration::from_secs(30);
const ROUNDS: u32 = 15;

/// What one round of joining showed.
struct Round {
    scan_to_port: Duration,
    processor: Duration,
}

/// Measures and writes the file.
pub fn play(lab: &mut Lab) -> Outcome {
    let mut join = Map::new();
    let mut processor = Map::new();
    let mut memory: Map<String, Value> = Map::new();
    let (ap_host, sta_host) = (lab.host("ap")?, lab.host("sta")?);
    let suites = [("open", Suite::Open), ("psk", Suite::Wpa2), ("sae", Suite::Sae(Method::Direct, 19))];
    for (name, suite) in suites {
        let network = Network::new(suite).station("scan_freq=2412\ndisabled=1");
        let mut of_suite = Map::new();
        // The guest's kernel counts processor time in ticks of 10 ms: only the mean over many rounds says anything.
        let mut costs: BTreeMap<&str, Duration> = BTreeMap::new();
        for ap_maker in [Maker::Debian, Maker::Airlock] {
            let mut ap = AccessPoint::start_on(lab, ap_host.clone(), ap_maker, &network)?;
            for sta_maker in [Maker::Debian, Maker::Airlock] {
                let mut times = Vec::new();
                for number in 0..ROUNDS {
                    let mut sta = Station::start_on(lab, sta_host.clone(), sta_maker, &network)?;
                    let round = one_round(&mut sta)?;
                    // A station is joined before its access point has read the last message. Were it to leave in that
                    // moment, its farewell could not be deciphered, and the next round would wait the second (IEEE Std
                    // 802.11-2020 11.13) in which the access point asks whether the first association still lives.
                    ap.control.event("AP-STA-CONNECTED", AWHILE)?;
                    times.push(round.scan_to_port);
                    *costs.entry(word(sta_maker)).or_insert(Duration::ZERO) += round.processor;
                    let last = number + 1 == ROUNDS && suite == Suite::Sae(Method::Direct, 19);
                    if last && sta_maker == ap_maker {
                        std::thread::sleep(Duration::from_secs(1));
                        note_memory(&mut memory, "station", sta_maker, &process::family(sta.program.id())?);
                        note_memory(&mut memory, "access_point", ap_maker, &process::family(ap.program.id())?);
                    }
                    sta.program.end()?;
                    // The access point forgets the station, and its cached key with it.
                    let _ = ap.control.request("PMKSA_FLUSH")?;
                    ap.control.forget_events()?;
                }
                let key = format!("{}_{}", word(sta_maker), word(ap_maker));
                of_suite.insert(key, spread(&mut times));
            }
            ap.program.end()?;
        }
        join.insert(name.into(), of_suite.into());
        let mean = |cost: &Duration| milliseconds(*cost / (2 * ROUNDS));
        let cpu: Map<String, Value> = costs.iter().map(|(who, cost)| ((*who).into(), json!(mean(cost)))).collect();
        processor.insert(name.into(), cpu.into());
    }
    let all = json!({ "join_ms": join, "cpu_ms": processor, "memory_kib": memory, "rounds": ROUNDS });
    fs::write(lab.results().join(MEASURED), format!("{all:#}"))?;
    Ok(())
}

/// Lets the station look for its network and takes the time from what it found to the open port.
fn one_round(sta: &mut Station) -> Outcome<Round> {
    let id = sta.program.id();
    let before = processor_time(id)?;
    let control = sta.control()?;
    control.forget_events()?;
    control.ok("ENABLE_NETWORK 0")?;
    control.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
    let found = Instant::now();
    control.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    let scan_to_port = found.elapsed();
    let processor = processor_time(id)?.saturating_sub(before);
    Ok(Round { scan_to_port, processor })
}

/// Processor time of a program and its relatives.
fn processor_time(id: u32) -> Outcome<Duration> {
    let mut sum = Duration::ZERO;
    for process in process::family(id)? {
        let id = i32::try_from(process.id).map(Pid::from_raw).during(|| "a process id".into())?;
        sum += Duration::from(clock_gettime(clock_getcpuclockid(id)?)?);
    }
    Ok(sum)
}

fn word(maker: Maker) -> &'static str {
    match maker {
        Maker::Airlock => "airlock",
        Maker::Debian => "debian",
        Maker::Iwd => "iwd",
    }
}

/// The quickest, the middle and the slowest of some rounds, in milliseconds.
fn spread(times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |place: usize| times.get(place).copied().map(milliseconds);
    json!({ "min": at(0), "median": at(times.len() / 2), "max": at(times.len().saturating_sub(1)) })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn note_memory(memory: &mut Map<String, Value>, role: &str, maker: Maker, family: &[Process]) {
    let rss: u64 = family.iter().map(|process| process.resident).sum();
    let pss: u64 = family.iter().map(|process| process.proportional).sum();
    let each: Vec<Value> = family
        .iter()
        .map(|process| {
            json!({
                "name": process.name,
                "rss": process.resident,
                "pss": process.proportional,
                "private": process.private,
            })
        })
        .collect();
    let role = memory.entry(role.to_owned()).or_insert_with(|| json!({}));
    if let Some(object) = role.as_object_mut() {
        object.insert(word(maker).into(), json!({ "rss": rss, "pss": pss, "processes": each }));
    }
}
