//! A grant: everything that one daemon may touch, on one page.
//!
//! Written by someone trusted and before the first untrusted octet: by the launcher as root from command line and
//! configuration, or by an administrator in `/etc/airlock` for daemons that a service manager starts. Each daemon can
//! print its own (`--grants`). The file's form is one line for each right, `right: value`; `#` begins a comment.
//!
//! * [`Grant`] and its parts are what helpers ask; [`Lacking`] is a refusal, with the line that would allow it.
//! * `names`: names with a pattern and a count. `peers`: who is on the network. `text`: reading and writing of the file's form.
//!
//! Roles share no authority: two daemons have two grants.

mod names;
mod peers;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

use ipc_proto::{InterfaceType, Role};
use wire::MacAddr;

use crate::runtime_dir::RuntimeDir;

pub use names::{Names, NamesError};
pub use peers::{Peer, Range, Subnets, Transport, is_within};
pub use text::GrantError;

/// Everything that one daemon may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What the daemon is.
    pub role: Role,
    /// The user whose connections have this grant, where helpers are started by a service manager; each user has one
    /// grant. Absent where the launcher made the connection itself.
    pub user: Option<String>,
    /// Interfaces that may be attached, each as long as nobody else has it.
    pub interfaces: Vec<Names>,
    /// Links that are no radio, and the frames that may go over them.
    pub links: Vec<LinkGrant>,
    /// Kinds of interface that may be made, and their names.
    pub makes: Vec<Make>,
    /// Kinds that an attached interface may be turned into, besides the role's own.
    pub turns: Vec<InterfaceType>,
    /// Bridges that may be joined.
    pub bridges: Vec<Names>,
    /// Bridges that may be made where they do not exist; they go with the attachment.
    pub makes_bridges: Vec<Names>,
    /// The regulatory domain may be set.
    pub country: bool,
    /// An address of the daemon's own choice (locally administered), besides the permanent one.
    pub random_address: bool,
    /// Addresses that the configuration names.
    pub addresses: Vec<MacAddr>,
    /// The folder in which each interface's control socket is made.
    pub control: Vec<ControlRoot>,
    /// Control sockets by their own name.
    pub sockets: Vec<ControlSocket>,
    /// Files, one by one. Requests name them by their place in this list.
    pub files: Vec<FileGrant>,
    /// Network peers of the courier.
    pub peers: Vec<Peer>,
    /// The grant grows by what the superuser names on a control socket, until the daemon or that interface ends.
    pub witness: bool,
}

/// A wired port, or a bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkGrant {
    /// Of this name.
    pub names: Names,
    /// For frames of these ethertypes.
    pub ethertypes: Vec<u16>,
}

/// Interfaces that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Make {
    /// Of this kind.
    pub kind: InterfaceType,
    /// With these names.
    pub names: Names,
}

/// A folder for control sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlRoot {
    /// Absolute path.
    pub folder: PathBuf,
    /// Group that may use the sockets: name or number. The folder is given to it only if the post made it.
    pub group: Option<String>,
}

/// A control socket by its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlSocket {
    /// Absolute path, or `@name` of the abstract space.
    pub path: PathBuf,
    /// Group that may use it.
    pub group: Option<String>,
}

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRight {
    /// Its content may be read again. A path that ends with `/` is a folder of files that anybody may read and only
    /// the superuser may write. Here and with [`FileRight::Replace`], a star in the last part of a path stands for
    /// some letters: the daemon's user has one grant, whatever number of instances it has.
    Read,
    /// Its content may be read and replaced as a whole. Never what is executable, setuid or not regular.
    Replace,
    /// Lines may be added; it is opened anew after a rotation.
    Log,
    /// The process id is written into it, and it is removed at the end.
    Pid,
}

impl FileRight {
    /// Every right.
    pub const ALL: [FileRight; 4] = [FileRight::Read, FileRight::Replace, FileRight::Log, FileRight::Pid];

    /// Its word in a grant's file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            FileRight::Read => "read",
            FileRight::Replace => "replace",
            FileRight::Log => "log",
            FileRight::Pid => "pid",
        }
    }
}

/// A file, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileGrant {
    /// What.
    pub right: FileRight,
    /// Absolute path.
    pub path: PathBuf,
}

impl FileGrant {
    /// A folder whose files may be read.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.right == FileRight::Read && self.path.as_os_str().as_encoded_bytes().ends_with(b"/")
    }

    /// What a file's name begins and ends with, where a star in the last part of the path stands for the rest.
    fn pattern(&self) -> Option<(&str, &str)> {
        self.path.file_name()?.to_str()?.split_once('*').filter(|_| !self.is_folder())
    }

    /// Is this path a single file's?
    #[must_use]
    pub fn is_one(&self) -> bool {
        !self.is_folder() && self.pattern().is_none()
    }

    /// The folder that its files are in.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        if self.is_folder() { Some(&self.path) } else { self.path.parent() }
    }

    /// Is a file of this name, in its folder, one of those that are meant?
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
        match self.pattern() {
            _ if !plain => false,
            // What begins with a dot is of editors and journals.
            Some((start, end)) => {
                let rest = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
                !name.starts_with('.') && rest.is_some_and(|rest| !rest.is_empty())
            }
            None if self.is_folder() => true,
            None => self.path.file_name().is_some_and(|own| own == name),
        }
    }

    /// Is this one of the files that are meant?
    #[must_use]
    pub fn covers(&self, path: &Path) -> bool {
        let folder = self.folder().is_some_and(|folder| is_directly_in(path, folder));
        folder && path.file_name().and_then(|name| name.to_str()).is_some_and(|name| self.is_named(name))
    }
}

/// A right that a request would need and the grant does not give: the line that would.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lacking(String);

impl Lacking {
    /// The line of a grant's file.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the grant has no line \"{}\"", self.0)
    }
}

impl std::error::Error for Lacking {}

impl Grant {
    /// A grant of nothing.
    #[must_use]
    pub const fn nothing(role: Role) -> Grant {
        Grant {
            role,
            user: None,
            interfaces: Vec::new(),
            links: Vec::new(),
            makes: Vec::new(),
            turns: Vec::new(),
            bridges: Vec::new(),
            makes_bridges: Vec::new(),
            country: false,
            random_address: false,
            addresses: Vec::new(),
            control: Vec::new(),
            sockets: Vec::new(),
            files: Vec::new(),
            peers: Vec::new(),
            witness: false,
        }
    }

    /// Control sockets and their folders by the one name that they have where `/var/run` is `/run`.
    pub fn name_once(&mut self, runtime_dir: RuntimeDir) {
        let sockets = self.sockets.iter_mut().map(|socket| &mut socket.path);
        for path in sockets.chain(self.control.iter_mut().map(|root| &mut root.folder)) {
            *path = runtime_dir.real(path);
        }
    }

    /// May this interface be attached? `taken`: names of those that the daemon has attached.
    pub fn attaches<'a>(&self, name: &str, taken: impl Iterator<Item = &'a str> + Clone) -> Result<(), Lacking> {
        names::admit(&self.interfaces, name, taken).ok_or_else(|| Lacking(format!("interface: {name}")))
    }

    /// May a link that is no radio be attached for frames of these ethertypes? `taken`: names of what the daemon has
    /// attached.
    pub fn attaches_link<'a>(
        &self,
        name: &str,
        ethertypes: &[u16],
        taken: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), Lacking> {
        for ethertype in ethertypes {
            let of_type = self.links.iter().filter(|link| link.ethertypes.contains(ethertype));
            names::admit(of_type.map(|link| &link.names), name, taken.clone())
                .ok_or_else(|| Lacking(format!("link: {name} {ethertype:04x}")))?;
        }
        Ok(())
    }

    /// Is this interface one that the daemon may know of?
    #[must_use]
    pub fn sees(&self, name: &str) -> bool {
        // Where the superuser names more later, he may ask what there is.
        self.witness || self.interfaces.iter().any(|names| names.matches(name))
    }

    /// May an interface of this kind and name be made? `made`: names of those that the daemon has made.
    pub fn makes<'a>(
        &self,
        kind: InterfaceType,
        name: &str,
        made: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), Lacking> {
        let of_kind = self.makes.iter().filter(|make| make.kind == kind).map(|make| &make.names);
        names::admit(of_kind, name, made)
            .ok_or_else(|| Lacking(format!("make: {} {name}", text::kind_word(kind).unwrap_or("other"))))
    }

    /// May an attached interface be turned into this kind?
    pub fn turns(&self, kind: InterfaceType) -> Result<(), Lacking> {
        // Back into a station is what every driver's interface begins as.
        let own = kind == crate::table::own_kind(self.role) || kind == InterfaceType::Station;
        if own || self.turns.contains(&kind) {
            return Ok(());
        }
        Err(Lacking(format!("turn: {}", text::kind_word(kind).unwrap_or("other"))))
    }

    /// May this bridge be joined? `exists`: it is there already, and not because this daemon made it. `made`: names of
    /// those that the daemon has made.
    pub fn bridges<'a>(
        &self,
        name: &str,
        exists: bool,
        made: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), Lacking> {
        if exists {
            let joins = self.bridges.iter().chain(&self.makes_bridges).any(|names| names.matches(name));
            return if joins { Ok(()) } else { Err(Lacking(format!("bridge: {name}"))) };
        }
        names::admit(&self.makes_bridges, name, made).ok_or_else(|| Lacking(format!("make-bridge: {name}")))
    }

    /// May the regulatory domain be set?
    pub fn sets_country(&self) -> Result<(), Lacking> {
        if self.country { Ok(()) } else { Err(Lacking("country: yes".to_owned())) }
    }

    /// May an interface have this address, besides its permanent one? Never what could be a neighbour's: it is named,
    /// or locally administered (IEEE Std 802-2014 8.2).
    pub fn chooses_address(&self, addr: MacAddr) -> Result<(), Lacking> {
        if self.addresses.contains(&addr) || self.random_address && addr.is_local() {
            Ok(())
        } else {
            Err(Lacking(format!("address: {addr}")))
        }
    }

    /// The place in the list of a file that may be read; one that may be replaced may be read.
    pub fn reads(&self, path: &Path) -> Result<usize, Lacking> {
        let readable = |file: &FileGrant| matches!(file.right, FileRight::Read | FileRight::Replace);
        self.place(|file| readable(file) && file.covers(path), FileRight::Read, path)
    }

    /// The place in the list of a file that may be replaced.
    pub fn replaces(&self, path: &Path) -> Result<usize, Lacking> {
        self.place(|file| file.right == FileRight::Replace && file.covers(path), FileRight::Replace, path)
    }

    fn place(&self, fits: impl Fn(&FileGrant) -> bool, right: FileRight, path: &Path) -> Result<usize, Lacking> {
        let place = self.files.iter().position(fits);
        place.ok_or_else(|| Lacking(format!("{}: {}", right.word(), path.display())))
    }

    /// The place in the list of the one file with a right of which a daemon has one: its log, its process id.
    #[must_use]
    pub fn only(&self, right: FileRight) -> Option<usize> {
        self.files.iter().position(|file| file.right == right)
    }

    /// May a control socket be made here, for this group? Here is directly in a control root, or a socket's own name;
    /// nobody but the owner may always be meant.
    pub fn serves(&self, path: &Path, group: Option<&str>) -> Result<(), Lacking> {
        let of_group = |granted: Option<&String>| group.is_none() || group == granted.map(String::as_str);
        let in_root = |root: &ControlRoot| is_directly_in(path, &root.folder) && of_group(root.group.as_ref());
        let by_name = |socket: &ControlSocket| socket.path == path && of_group(socket.group.as_ref());
        if self.control.iter().any(in_root) || self.sockets.iter().any(by_name) {
            return Ok(());
        }
        let group = group.map_or_else(String::new, |group| format!(" group {group}"));
        Err(Lacking(match path.parent().filter(|_| path.is_absolute()) {
            Some(folder) => format!("control: {}{group}", folder.display()),
            None => format!("socket: {}{group}", path.display()),
        }))
    }

    /// Groups that control sockets are for.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let roots = self.control.iter().filter_map(|root| root.group.as_deref());
        roots.chain(self.sockets.iter().filter_map(|socket| socket.group.as_deref()))
    }
}

/// A file right in a folder: no further folders, and no way out.
fn is_directly_in(path: &Path, folder: &Path) -> bool {
    let named = path.file_name().is_some() && !path.as_os_str().as_encoded_bytes().ends_with(b"/");
    named && path.parent().is_some_and(|parent| parent == folder)
}

#[cfg(test)]
mod tests;
