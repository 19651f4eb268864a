//! Makes a lockdown so.

use std::collections::BTreeMap;
use std::io;

use caps::{CapSet, CapsHashSet};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus, NetPort,
    PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use nix::libc;
use nix::sys::resource::setrlimit;
use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use super::{Access, CallRule, Condition, Lockdown, LockdownError, ProcessRole, Report};

/// Whoever has no user of its own, where that was accepted, is nobody.
pub const NOBODY: u32 = 65_534;
/// Suites of tests are run on machines that nothing was installed on. Never in a package.
const MISSING_USERS_ARE_ACCEPTED: bool = cfg!(feature = "testing");

fn system<E: Into<io::Error>>(what: &str) -> impl FnOnce(E) -> LockdownError {
    let what = what.to_owned();
    move |error| LockdownError::System(what, error.into())
}

pub(super) fn other(what: &str, error: &dyn std::fmt::Display) -> LockdownError {
    LockdownError::System(what.to_owned(), io::Error::other(error.to_string()))
}

/// What a Landlock of this version leaves open, in words (Linux' Documentation/userspace-api/landlock.rst).
pub(super) fn weakness(version: u32) -> String {
    const SINCE: [(u32, &str); 5] = [
        (2, "files may be moved between open folders"),
        (3, "open files may be cut short"),
        (4, "TCP is left to the filter of system calls"),
        (5, "devices' ioctl is left to it"),
        (6, "signals and abstract sockets are left to user and filter"),
    ];
    let open: Vec<&str> = SINCE.into_iter().filter(|(since, _)| *since > version).map(|(_, what)| what).collect();
    format!("confined in part: this kernel's Landlock is version {version}: {}", open.join(", "))
}

fn without_user(name: &str) -> String {
    format!("there is no user {name} (airlock.sysusers.conf makes it; by hand: useradd --system {name})")
}

impl ProcessRole {
    /// The user and group that this process will have, which is its own where it is not the superuser's.
    pub fn ids(self) -> Result<(u32, u32), LockdownError> {
        if !geteuid().is_root() {
            return Ok((geteuid().as_raw(), nix::unistd::getegid().as_raw()));
        }
        let identity = Identity::find(self.user())?;
        Ok((identity.uid.as_raw(), identity.gid.as_raw()))
    }

    /// Started by the superuser, this process would have no user of its own: an error that names what to do.
    pub fn needs_user(self) -> Result<(), LockdownError> {
        let identity = Identity::find(self.user())?;
        if identity.is_nobody && !MISSING_USERS_ARE_ACCEPTED {
            return Err(LockdownError::Unconfined(vec![without_user(self.user())]));
        }
        Ok(())
    }
}

impl Lockdown {
    /// Gives up everything but what is said here. To be called while the process has one thread.
    ///
    /// What the kernel cannot do is an error, unless that was accepted: then it is in the report.
    pub fn apply(&self, accept_unconfined: bool) -> Result<Report, LockdownError> {
        let mut lost = Vec::new();
        // Looked up while files can still be read.
        let identity = Identity::find(self.role.user())?;
        nix::sys::prctl::set_no_new_privs().map_err(system("no_new_privs"))?;
        let weakness = self.restrict_files(&mut lost)?;
        if geteuid().is_root() {
            self.drop_bounding()?;
            identity.assume(!self.capabilities.is_empty(), &self.groups)?;
            if identity.is_nobody {
                lost.push(without_user(self.role.user()));
            }
        }
        self.keep_capabilities()?;
        nix::sys::prctl::set_dumpable(false).map_err(system("dumpable"))?;
        for limit in self.role.limits() {
            let what = format!("{:?}", limit.resource);
            setrlimit(limit.resource, limit.most, limit.most).map_err(system(&what))?;
        }
        let program = compile(&self.calls)?;
        let missing_user = usize::from(MISSING_USERS_ARE_ACCEPTED && identity.is_nobody);
        if lost.len() > missing_user && !accept_unconfined {
            return Err(LockdownError::Unconfined(lost));
        }
        if let Err(error) = seccompiler::apply_filter_all_threads(&program) {
            lost.push(format!("no filter of system calls: {error}"));
            if !accept_unconfined {
                return Err(LockdownError::Unconfined(lost));
            }
        }
        Ok(Report { lost, weakness })
    }

    /// Confines files, and says what the kernel's Landlock cannot do of that.
    fn restrict_files(&self, lost: &mut Vec<String>) -> Result<Option<String>, LockdownError> {
        let failed = |error: landlock::RulesetError| other("landlock", &error);
        let scopes: BitFlags<Scope> =
            if self.abstract_sockets { Scope::Signal.into() } else { Scope::from_all(ABI::V6) };
        let bound = self.tcp.bind.iter().map(|port| NetPort::new(*port, AccessNet::BindTcp));
        let peers = self.tcp.connect.iter().flatten().map(|port| NetPort::new(*port, AccessNet::ConnectTcp));
        let tcp = match self.tcp.connect {
            Some(_) => AccessNet::from_all(ABI::V5),
            None => AccessNet::BindTcp.into(),
        };
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))
            .and_then(|ruleset| ruleset.handle_access(tcp))
            .and_then(|ruleset| ruleset.scope(scopes))
            .and_then(Ruleset::create)
            .map_err(failed)?;
        for rule in &self.files {
            // What does not exist is not opened up.
            let Ok(path) = PathFd::new(&rule.path) else { continue };
            let mut access = rights(rule.access);
            if !rule.path.is_dir() {
                access &= AccessFs::from_file(ABI::V5);
            }
            ruleset = ruleset.add_rule(PathBeneath::new(path, access)).map_err(failed)?;
        }
        for rule in bound.chain(peers) {
            ruleset = ruleset.add_rule(rule).map_err(failed)?;
        }
        let status = ruleset.restrict_self().map_err(failed)?;
        match (status.ruleset, status.landlock) {
            (RulesetStatus::FullyEnforced, _) => {}
            (RulesetStatus::PartiallyEnforced, LandlockStatus::Available { effective_abi, .. }) => {
                return Ok(Some(weakness(effective_abi as u32)));
            }
            (RulesetStatus::PartiallyEnforced, _) => return Ok(Some(weakness(1))),
            (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => {
                lost.push("no confinement of files: Landlock is not enabled (kernel parameter lsm=)".into());
            }
            (RulesetStatus::NotEnforced, _) => lost.push("no confinement of files: the kernel has no Landlock".into()),
        }
        Ok(None)
    }

    pub(super) fn wanted(&self) -> CapsHashSet {
        self.capabilities.iter().map(|kept| kept.capability).collect()
    }

    fn drop_bounding(&self) -> Result<(), LockdownError> {
        let wanted = self.wanted();
        for capability in caps::runtime::thread_all_supported() {
            if !wanted.contains(&capability) {
                caps::drop(None, CapSet::Bounding, capability).map_err(|error| other("bounding set", &error))?;
            }
        }
        Ok(())
    }

    fn keep_capabilities(&self) -> Result<(), LockdownError> {
        let failed = |error: caps::errors::CapsError| other("capabilities", &error);
        let wanted = self.wanted();
        let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
        let keep: CapsHashSet = permitted.intersection(&wanted).copied().collect();
        // Ambient capabilities end with the inheritable ones. Where a service manager has left nothing to give up,
        // nothing is called: its own filter need not allow it.
        let nothing = CapsHashSet::new();
        for (set, wanted) in [(CapSet::Effective, &keep), (CapSet::Inheritable, &nothing), (CapSet::Permitted, &keep)] {
            if caps::read(None, set).map_err(failed)? != *wanted {
                caps::set(None, set, wanted).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// The user that a process becomes.
struct Identity {
    uid: Uid,
    gid: Gid,
    is_nobody: bool,
}

impl Identity {
    /// Looked up only where it will be used: later there are no files to look in.
    fn find(name: &str) -> Result<Identity, LockdownError> {
        let nobody = Identity { uid: Uid::from_raw(NOBODY), gid: Gid::from_raw(NOBODY), is_nobody: true };
        if !geteuid().is_root() {
            return Ok(Identity { is_nobody: false, ..nobody });
        }
        let user = User::from_name(name).unwrap_or(None).filter(|user| !user.uid.is_root() && user.gid.as_raw() != 0);
        Ok(user.map_or(nobody, |user| Identity { uid: user.uid, gid: user.gid, is_nobody: false }))
    }

    fn assume(&self, keep_capabilities: bool, groups: &[u32]) -> Result<(), LockdownError> {
        nix::sys::prctl::set_keepcaps(keep_capabilities).map_err(system("keepcaps"))?;
        let groups: Vec<Gid> = groups.iter().map(|group| Gid::from_raw(*group)).collect();
        setgroups(&groups).map_err(system("groups"))?;
        setresgid(self.gid, self.gid, self.gid).map_err(system("group"))?;
        setresuid(self.uid, self.uid, self.uid).map_err(system("user"))?;
        if geteuid().is_root() {
            return Err(LockdownError::System("user".into(), io::Error::other("still root")));
        }
        Ok(())
    }
}

fn rights(access: Access) -> BitFlags<AccessFs> {
    match access {
        Access::Read => AccessFs::ReadFile.into(),
        Access::List => AccessFs::ReadFile | AccessFs::ReadDir,
        Access::Run => AccessFs::ReadFile | AccessFs::Execute,
        Access::Replace => {
            let written = AccessFs::WriteFile | AccessFs::Truncate | AccessFs::MakeReg | AccessFs::RemoveFile;
            // A folder is opened to have its names outlast a crash.
            written | AccessFs::ReadFile | AccessFs::ReadDir
        }
        Access::Add => AccessFs::WriteFile | AccessFs::MakeReg,
        Access::Remove => AccessFs::RemoveFile | AccessFs::ReadFile,
        Access::Empty => AccessFs::RemoveDir.into(),
        Access::Sockets => AccessFs::MakeSock | AccessFs::RemoveFile | AccessFs::MakeDir | AccessFs::RemoveDir,
    }
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, LockdownError> {
    // Values of 32 bits: the kernel's side of these arguments is an int.
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).map_err(|error| other("filter", &error))
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, LockdownError> {
    SeccompRule::new(conditions).map_err(|error| other("filter", &error))
}

fn rules(wanted: &Condition) -> Result<Vec<SeccompRule>, LockdownError> {
    let number = |value: i32| u64::from(value.unsigned_abs());
    match wanted {
        Condition::Always => Ok(Vec::new()),
        Condition::Without { argument, bits } => {
            Ok(vec![rule(vec![condition(*argument, SeccompCmpOp::MaskedEq(*bits), 0)?])?])
        }
        Condition::Exactly { argument, bits, value } => {
            Ok(vec![rule(vec![condition(*argument, SeccompCmpOp::MaskedEq(*bits), *value)?])?])
        }
        Condition::OneOf { argument, values } => {
            values.iter().map(|value| rule(vec![condition(*argument, SeccompCmpOp::Eq, *value)?])).collect()
        }
        Condition::SocketType { family, kind } => Ok(vec![rule(vec![
            condition(0, SeccompCmpOp::Eq, number(*family))?,
            condition(1, SeccompCmpOp::Eq, number(*kind))?,
            condition(2, SeccompCmpOp::Eq, 0)?,
        ])?]),
        Condition::Socket { family, protocols } if protocols.is_empty() => {
            Ok(vec![rule(vec![condition(0, SeccompCmpOp::Eq, number(*family))?])?])
        }
        Condition::Socket { family, protocols } => protocols
            .iter()
            .map(|protocol| {
                rule(vec![
                    condition(0, SeccompCmpOp::Eq, number(*family))?,
                    condition(2, SeccompCmpOp::Eq, number(*protocol))?,
                ])
            })
            .collect(),
    }
}

/// The filter. A call that stands there without a condition is allowed whatever other rules say of it.
fn compile(calls: &[CallRule]) -> Result<BpfProgram, LockdownError> {
    let mut map: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in calls {
        let unconditional = map.get(&call.number).is_some_and(Vec::is_empty) || call.condition == Condition::Always;
        let entry = map.entry(call.number).or_default();
        if unconditional {
            entry.clear();
        } else {
            entry.extend(rules(&call.condition)?);
        }
    }
    let target = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| other("filter", &error))?;
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1));
    let filter =
        SeccompFilter::new(map, refused, SeccompAction::Allow, target).map_err(|error| other("filter", &error))?;
    BpfProgram::try_from(filter).map_err(|error| other("filter", &error))
}

/// Puts the filter, and nothing else, on this thread.
#[cfg(test)]
pub(super) fn filter_thread(calls: &[CallRule]) {
    nix::sys::prctl::set_no_new_privs().unwrap();
    seccompiler::apply_filter(&compile(calls).unwrap()).unwrap();
}

#[cfg(test)]
pub(super) fn compiles(calls: &[CallRule]) -> bool {
    compile(calls).is_ok_and(|program| !program.is_empty())
}
