//! Keys last as long as they are used, and are shown to nobody who has not asked.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::stories;
use crate::failure::{Failure, Outcome, check};
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process;
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    keys_are_in_no_memory_of_ours_once_the_link_is_gone,
    keys_are_in_no_memory_of_ours_once_the_wpa3_link_is_gone,
    keys_are_in_no_log_unless_they_are_asked_for,
];

const AWHILE: Duration = Duration::from_secs(30);

/// Key material as the log shows it with `-K`.
fn shown(log: &str, label: &str) -> Outcome<Vec<u8>> {
    let line = log.lines().rev().find(|line| line.contains(&format!("{label} - hexdump(len=")));
    let hex = line.and_then(|line| line.rsplit(':').next()).unwrap_or_default();
    let octets: Result<Vec<u8>, _> = hex.split_whitespace().map(|octet| u8::from_str_radix(octet, 16)).collect();
    match octets {
        Ok(octets) if octets.len() >= 16 => Ok(octets),
        Ok(_) | Err(_) => Err(Failure::new(format!("{label} is not in the log"))),
    }
}

/// What a process can write to: its heap, its stack, its data.
fn memory(id: u32) -> Outcome<Vec<u8>> {
    let mut all = Vec::new();
    let Ok(maps) = fs::read_to_string(format!("/proc/{id}/maps")) else { return Ok(all) };
    let mem = File::open(format!("/proc/{id}/mem"))?;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(mode)) = (words.next(), words.next()) else { continue };
        let bounds = range.split_once('-').map(|(a, b)| (u64::from_str_radix(a, 16), u64::from_str_radix(b, 16)));
        let (Some((Ok(from), Ok(to))), true) = (bounds, mode.starts_with("rw")) else { continue };
        let mut part = vec![0; usize::try_from(to - from).unwrap_or(0)];
        if mem.read_exact_at(&mut part, from).is_ok() {
            all.append(&mut part);
        }
    }
    Ok(all)
}

/// In which processes of the family these octets are.
fn found(ancestor: u32, secret: &[u8]) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for process in process::family(ancestor)? {
        if memory(process.id)?.windows(secret.len()).any(|window| window == secret) {
            names.push(format!("{} ({})", process.name, process.id));
        }
    }
    Ok(names)
}

fn gone(lab: &mut Lab, suite: Suite) -> Outcome {
    let network = Network::new(suite);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("sta.wpa_supplicant.conf", &conf)?;
    let mut sta = Station::start_logging(lab, host, Maker::Airlock, folder, file, "-ddK")?;
    joined(lab, &mut sta, &mut ap, &network)?;
    let log = sta.program.log();
    let (ptk, gtk) = (shown(&log, "WPA: PTK")?, shown(&log, "WPA: Group Key")?);
    let parts = [("KCK", ptk.get(..16)), ("KEK", ptk.get(16..32)), ("TK", ptk.get(32..)), ("GTK", gtk.get(..))];
    let kck = ptk.get(..16).unwrap_or_default();
    check(!found(sta.program.id(), kck)?.is_empty(), || "the search does not find a key in use".into())?;
    sta.control()?.ok("DISCONNECT")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    sta.control()?.request("PING")?;
    for (name, secret) in parts {
        let secret = secret.unwrap_or_default();
        let holders = found(sta.program.id(), secret)?;
        check(holders.is_empty(), || format!("{name} is still in the memory of {}", holders.join(", ")))?;
    }
    lab.step("no key is left");
    ap.program.must_run()
}

/// Every process that had to do with the station's keys is looked through, `privd` too.
pub fn keys_are_in_no_memory_of_ours_once_the_link_is_gone(lab: &mut Lab) -> Outcome {
    gone(lab, Suite::Wpa2)
}

/// The same after SAE.
pub fn keys_are_in_no_memory_of_ours_once_the_wpa3_link_is_gone(lab: &mut Lab) -> Outcome {
    gone(lab, Suite::Sae(Method::Direct, 19))
}

/// Only `-K` shows them, however much else is logged.
pub fn keys_are_in_no_log_unless_they_are_asked_for(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    for log in [sta.program.log(), ap.program.log()] {
        check(!log.contains("hexdump("), || "a key was logged without -K".into())?;
        check(!log.contains(&network.passphrase), || "the passphrase was logged".into())?;
    }
    Ok(())
}
