//! What /proc says of a process.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;

use crate::failure::{During as _, Outcome};

/// One process as /proc shows it.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Process id.
    pub id: u32,
    /// The name the kernel knows it by.
    pub name: String,
    /// The file name of its program.
    pub program: String,
    /// Parent's process id.
    pub parent: u32,
    /// Real, effective, saved and file system user.
    pub users: Vec<u32>,
    /// Real, effective, saved and file system group.
    pub groups: Vec<u32>,
    /// Supplementary groups.
    pub other_groups: Vec<u32>,
    /// Inheritable, permitted, effective, bounding and ambient capabilities.
    pub capabilities: [u64; 5],
    /// Can no exec ever add privilege?
    pub no_new_privileges: bool,
    /// 0 none, 1 strict, 2 filter.
    pub seccomp: u32,
    /// How many filters.
    pub seccomp_filters: u32,
    /// Resident memory in KiB.
    pub resident: u64,
    /// Proportional share of memory in KiB (0 where the kernel does not say).
    pub proportional: u64,
    /// Memory of its own in KiB.
    pub private: u64,
}

/// Reads /proc/`id`; none when the process is gone.
pub fn read(id: u32) -> Outcome<Option<Process>> {
    let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")) else { return Ok(None) };
    let fields: BTreeMap<&str, &str> =
        status.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key, value.trim())).collect();
    let text = |key: &str| fields.get(key).copied().unwrap_or_default();
    let number = |key: &str| text(key).split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    let numbers = |key: &str| text(key).split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<u32>>();
    let mut process = Process {
        id,
        name: text("Name").to_owned(),
        parent: u32::try_from(number("PPid").unwrap_or(0)).unwrap_or(0),
        users: numbers("Uid"),
        groups: numbers("Gid"),
        other_groups: numbers("Groups"),
        no_new_privileges: number("NoNewPrivs") == Some(1),
        seccomp: u32::try_from(number("Seccomp").unwrap_or(0)).unwrap_or(0),
        seccomp_filters: u32::try_from(number("Seccomp_filters").unwrap_or(0)).unwrap_or(0),
        program: program(id),
        resident: number("VmRSS").unwrap_or(0),
        ..Process::default()
    };
    for (place, key) in process.capabilities.iter_mut().zip(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
        *place = u64::from_str_radix(text(key), 16).during(|| format!("{key} of process {id}"))?;
    }
    if let Ok(rollup) = fs::read_to_string(format!("/proc/{id}/smaps_rollup")) {
        let sum = |keys: &[&str]| -> u64 {
            rollup
                .lines()
                .filter_map(|line| line.split_once(':'))
                .filter(|(key, _)| keys.contains(key))
                .filter_map(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok())
                .sum()
        };
        process.proportional = sum(&["Pss"]);
        process.private = sum(&["Private_Clean", "Private_Dirty"]);
    }
    Ok(Some(process))
}

fn program(id: u32) -> String {
    let path = fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The random octets that the kernel gave it when its program was started, which a fork has from its parent: what guards
/// its stack and its pointers comes from them, as its layout does from others of that moment (User Mode Linux gives all
/// programs one layout).
pub fn secret(id: u32) -> Outcome<[u8; 16]> {
    const AT_RANDOM: u64 = 25;
    let table = fs::read(format!("/proc/{id}/auxv"))?;
    let word = |at: usize| Some(u64::from_ne_bytes(*table.get(at..)?.first_chunk()?));
    let entry = (0..table.len()).step_by(16).find(|at| word(*at) == Some(AT_RANDOM));
    let address = entry.and_then(|at| word(at + 8)).during(|| format!("process {id} has no AT_RANDOM"))?;
    let mut octets = [0; 16];
    fs::File::open(format!("/proc/{id}/mem"))?.read_exact_at(&mut octets, address)?;
    Ok(octets)
}

/// Every process of the guest.
pub fn all() -> Outcome<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        found.extend(read(id)?);
    }
    found.sort_by_key(|process| process.id);
    Ok(found)
}

/// A process and all that descend from it.
pub fn family(ancestor: u32) -> Outcome<Vec<Process>> {
    let all = all()?;
    let mut ids = vec![ancestor];
    loop {
        let before = ids.len();
        for process in &all {
            if ids.contains(&process.parent) && !ids.contains(&process.id) {
                ids.push(process.id);
            }
        }
        if ids.len() == before {
            break;
        }
    }
    Ok(all.into_iter().filter(|process| ids.contains(&process.id)).collect())
}

/// The names of the capabilities in a set.
#[must_use]
pub fn capability_names(set: u64) -> String {
    const KNOWN: [(u32, &str); 8] = [
        (0, "CHOWN"),
        (1, "DAC_OVERRIDE"),
        (2, "DAC_READ_SEARCH"),
        (3, "FOWNER"),
        (6, "SETGID"),
        (7, "SETUID"),
        (12, "NET_ADMIN"),
        (13, "NET_RAW"),
    ];
    if set == 0 {
        return "none".into();
    }
    if set.count_ones() > 20 {
        return "all".into();
    }
    let names = (0..64).filter(|bit| set & (1 << bit) != 0).map(|bit| {
        KNOWN.iter().find(|(known, _)| *known == bit).map_or_else(|| bit.to_string(), |(_, name)| (*name).to_owned())
    });
    names.collect::<Vec<_>>().join("+")
}
