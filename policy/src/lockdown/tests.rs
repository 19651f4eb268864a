use std::path::Path;

use super::{Access, Lockdown, ProcessRole, apply, around};

fn all() -> Vec<Lockdown> {
    let files = || vec![around(Path::new("/etc/wpa_supplicant/a.conf"), Access::Replace, "test")];
    vec![
        Lockdown::of_daemon(ProcessRole::Supplicant, false),
        Lockdown::of_daemon(ProcessRole::Apd, true),
        Lockdown::of_privd(),
        Lockdown::of_privd_keeper(),
        Lockdown::of_post(),
        Lockdown::of_post_keeper(files()),
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
fn nobody_may_run_programs_or_touch_other_processes() {
    let never =
        ["execve", "execveat", "ptrace", "kill", "tgkill", "unshare", "setns", "mount", "setuid", "bpf", "keyctl"];
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
fn code_in_the_post_sets_no_mode_by_path_and_no_setuid_bit() {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::temp_dir().join(format!("airlock-mode-{}", std::process::id()));
    for calls in [Lockdown::of_post().calls, Lockdown::of_post_keeper(Vec::new()).calls] {
        let file = File::create(&path).unwrap();
        file.set_permissions(Permissions::from_mode(0o600)).unwrap();
        let inside = path.clone();
        // The filter is on one thread, which owns the file already and so needs no capability.
        let results = std::thread::spawn(move || {
            apply::filter_thread(&calls);
            let by_path =
                [0o4777, 0o644].map(|mode| fs::set_permissions(&inside, Permissions::from_mode(mode)).is_ok());
            let at = nix::sys::stat::Mode::from_bits_retain(0o4777);
            let follow = nix::sys::stat::FchmodatFlags::FollowSymlink;
            let relative = nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, &inside, at, follow).is_ok();
            let chown = std::os::unix::fs::chown(&inside, None, None).is_ok();
            let on_file =
                [0o4755, 0o2755, 0o1755, 0o640].map(|mode| file.set_permissions(Permissions::from_mode(mode)).is_ok());
            (by_path, relative, chown, on_file)
        });
        assert_eq!(results.join().unwrap(), ([false, false], false, false, [false, false, false, true]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
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
        (Lockdown::of_post(), Lockdown::of_post_keeper(Vec::new())),
    ];
    for (worker, keeper) in pairs {
        for rule in &worker.calls {
            let same = |other: &&super::CallRule| other.number == rule.number && other.condition == rule.condition;
            assert!(keeper.calls.iter().any(|other| same(&other)), "{}", rule.name);
        }
    }
}

#[test]
fn a_file_in_etc_does_not_open_etc() {
    assert_eq!(around(Path::new("/etc/a.conf"), Access::Read, "x").path, Path::new("/etc/a.conf"));
    assert_eq!(around(Path::new("/etc/hostapd/a.conf"), Access::Read, "x").path, Path::new("/etc/hostapd"));
    assert_eq!(around(Path::new("/a.conf"), Access::Read, "x").path, Path::new("/a.conf"));
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
