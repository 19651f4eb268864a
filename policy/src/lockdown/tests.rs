use crate::grant::Grant;

use super::{Access, FileRule, Lockdown, ProcessRole, apply};

fn grant() -> Grant {
    Grant::parse("role: access-point\npeer: tcp 192.0.2.1:2083\npeer: listen subnet br0 49152\n").unwrap()
}

fn all() -> Vec<Lockdown> {
    let files = || vec![FileRule { path: "/etc/wpa_supplicant".into(), access: Access::Replace, reason: "test" }];
    vec![
        Lockdown::of_daemon(ProcessRole::Supplicant, false),
        Lockdown::of_daemon(ProcessRole::Apd, true),
        Lockdown::of_privd(),
        Lockdown::of_privd_keeper(),
        Lockdown::of_post(files()),
        Lockdown::of_post_keeper(files(), vec![27]),
        Lockdown::of_courier(&grant()),
        Lockdown::of_courier_keeper(&[&grant()]),
    ]
}

#[test]
fn each_rule_has_its_reason_and_each_filter_compiles() {
    for lockdown in all() {
        assert!(lockdown.calls.len() > 20, "{:?}", lockdown.role);
        assert!(lockdown.calls.iter().all(|rule| rule.reason.len() > 5));
        assert!(lockdown.capabilities.iter().all(|kept| kept.reason.len() > 5));
        assert!(lockdown.files.iter().all(|rule| !rule.reason.is_empty()));
        assert!(lockdown.role.limits().iter().all(|limit| limit.reason.len() > 5));
        assert!(apply::compiles(&lockdown.calls), "{:?}", lockdown.role);
    }
}

#[test]
fn only_keepers_run_programs_and_only_of_named_folders() {
    let folder = std::path::Path::new("/usr/libexec/airlock");
    for lockdown in all() {
        let runs = lockdown.calls.iter().any(|rule| rule.name == "execveat");
        let keeper =
            matches!(lockdown.role, ProcessRole::PrivdKeeper | ProcessRole::PostKeeper | ProcessRole::CourierKeeper);
        assert_eq!(runs, keeper, "{:?}", lockdown.role);
        assert!(!lockdown.files.iter().any(|rule| rule.access == Access::Run), "{:?}", lockdown.role);
        let starting = lockdown.starting(folder).files;
        let places: Vec<_> = starting.iter().filter(|rule| rule.access == Access::Run).map(|rule| &rule.path).collect();
        assert!(places.len() >= 2 && places[0] == folder, "{places:?}");
        assert!(places.iter().all(|place| place.components().count() > 2 || place.ends_with("lib")), "{places:?}");
    }
}

#[test]
fn no_memory_is_ever_writable_and_code() {
    for lockdown in all() {
        let conditions: Vec<_> = lockdown
            .calls
            .iter()
            .filter(|rule| matches!(rule.name, "mmap" | "mprotect"))
            .map(|r| &r.condition)
            .collect();
        assert!(conditions.len() >= 2);
        for condition in conditions {
            let both_refused = matches!(condition, super::Condition::Without { argument: 2, bits } if bits & 4 != 0)
                || matches!(condition, super::Condition::Exactly { argument: 2, bits: 6, value: 4 });
            assert!(both_refused, "{:?} {condition:?}", lockdown.role);
        }
    }
}

#[test]
fn nobody_touches_other_processes() {
    let never = ["execve", "ptrace", "kill", "tgkill", "unshare", "setns", "mount", "setuid", "bpf", "keyctl"];
    for lockdown in all() {
        assert!(!lockdown.calls.iter().any(|rule| never.contains(&rule.name)), "{:?}", lockdown.role);
    }
}

#[test]
fn daemons_open_nothing_and_hold_nothing() {
    let daemon = Lockdown::of_daemon(ProcessRole::Supplicant, false);
    for name in ["openat", "open", "socket", "connect", "bind", "clone"] {
        assert!(!daemon.calls.iter().any(|rule| rule.name == name), "{name}");
    }
    assert!(daemon.capabilities.is_empty() && daemon.files.is_empty());
}

#[test]
fn code_in_the_post_sets_no_mode_and_gives_no_file_away() {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown, fchown};
    let path = std::env::temp_dir().join(format!("airlock-mode-{}", std::process::id()));
    for lockdown in [Lockdown::of_post(Vec::new()), Lockdown::of_post_keeper(Vec::new(), Vec::new())] {
        // Of its own files only, then, and to groups that it is in.
        let held = |wanted| lockdown.capabilities.iter().any(|kept| kept.capability == wanted);
        assert!(!held(caps::Capability::CAP_CHOWN) && !held(caps::Capability::CAP_FOWNER));
        let file = File::create(&path).unwrap();
        file.set_permissions(Permissions::from_mode(0o600)).unwrap();
        let (inside, calls) = (path.clone(), lockdown.calls);
        // The filter is on one thread, which owns the file already and so needs no capability.
        let results = std::thread::spawn(move || {
            apply::filter_thread(&calls);
            let by_path =
                [0o4777, 0o644].map(|mode| fs::set_permissions(&inside, Permissions::from_mode(mode)).is_ok());
            let at = nix::sys::stat::Mode::from_bits_retain(0o4777);
            let follow = nix::sys::stat::FchmodatFlags::FollowSymlink;
            let relative = nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, &inside, at, follow).is_ok();
            let given = [chown(&inside, None, None).is_ok(), fchown(&file, None, None).is_ok()];
            let on_file = [0o4755, 0o640].map(|mode| file.set_permissions(Permissions::from_mode(mode)).is_ok());
            (by_path, relative, given, on_file)
        });
        assert_eq!(results.join().unwrap(), ([false, false], false, [false, false], [false, false]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn nobody_holds_network_and_file_capabilities_both() {
    use caps::Capability::{CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_NET_RAW};
    for lockdown in all() {
        let has = |wanted| lockdown.capabilities.iter().any(|kept| kept.capability == wanted);
        assert!(!(has(CAP_DAC_OVERRIDE) && (has(CAP_NET_ADMIN) || has(CAP_NET_RAW))), "{:?}", lockdown.role);
    }
}

#[test]
fn a_keeper_is_allowed_what_its_worker_needs() {
    let pairs = [
        (Lockdown::of_privd(), Lockdown::of_privd_keeper()),
        (Lockdown::of_post(Vec::new()), Lockdown::of_post_keeper(Vec::new(), Vec::new())),
        (Lockdown::of_courier(&grant()), Lockdown::of_courier_keeper(&[&grant()])),
    ];
    for (worker, keeper) in pairs {
        for rule in &worker.calls {
            let same = |other: &&super::CallRule| other.number == rule.number && other.condition == rule.condition;
            assert!(keeper.calls.iter().any(|other| same(&other)), "{}", rule.name);
        }
    }
}

#[test]
fn only_the_courier_has_sockets_on_the_network_and_it_holds_nothing_else() {
    for lockdown in all() {
        let inet = lockdown.calls.iter().filter(|rule| rule.name == "socket").any(|rule| match &rule.condition {
            super::Condition::SocketType { family, .. } | super::Condition::Socket { family, .. } => {
                [nix::libc::AF_INET, nix::libc::AF_INET6].contains(family)
            }
            super::Condition::Always => true,
            super::Condition::Without { .. } | super::Condition::Exactly { .. } | super::Condition::OneOf { .. } => {
                false
            }
        });
        let courier = matches!(lockdown.role, ProcessRole::Courier | ProcessRole::CourierKeeper);
        assert_eq!(inet, courier, "{:?}", lockdown.role);
        let ports = super::TcpPorts { bind: vec![0, 49152], connect: Some(vec![2083]) };
        assert_eq!(lockdown.tcp, if courier { ports } else { super::TcpPorts::NONE });
        assert!(!courier || (lockdown.capabilities.is_empty() && lockdown.files.is_empty()));
    }
}

#[test]
fn an_old_landlock_is_said_with_what_it_leaves_open() {
    // Linux 6.1, and one that lacks nothing but scopes.
    assert_eq!(
        apply::weakness(2),
        "confined in part: this kernel's Landlock is version 2: open files may be cut short, TCP is left to the filter of \
         system calls, devices' ioctl is left to it, signals and abstract sockets are left to user and filter"
    );
    assert!(apply::weakness(5).ends_with("version 5: signals and abstract sockets are left to user and filter"));
}
