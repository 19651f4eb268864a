//! The file's form of a grant: one line for each right.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use ipc_proto::{InterfaceType, Role};

use super::{ControlRoot, ControlSocket, FileGrant, FileRight, Grant, LinkGrant, Make, Names, peers};
use crate::caps;

/// Largest file that is read as a grant, octets.
const MAX_TEXT: usize = 256 * 1024;
/// Most lines of a right.
const MAX_LINES: usize = 8192;

/// What is wrong with a grant's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for GrantError {}

/// Kinds of interface and their words.
const KINDS: [(InterfaceType, &str); 12] = [
    (InterfaceType::Station, "station"),
    (InterfaceType::AccessPoint, "access-point"),
    (InterfaceType::AccessPointVlan, "access-point-vlan"),
    (InterfaceType::P2pClient, "p2p-client"),
    (InterfaceType::P2pGroupOwner, "p2p-group-owner"),
    (InterfaceType::P2pDevice, "p2p-device"),
    (InterfaceType::Monitor, "monitor"),
    (InterfaceType::MeshPoint, "mesh-point"),
    (InterfaceType::AdHoc, "ibss"),
    (InterfaceType::NanDevice, "nan-device"),
    (InterfaceType::FourAddressPort, "four-address-port"),
    (InterfaceType::Wired, "wired"),
];

pub(super) fn kind_word(kind: InterfaceType) -> Option<&'static str> {
    KINDS.iter().find(|(of, _)| *of == kind).map(|(_, word)| *word)
}

fn kind(word: &str) -> Result<InterfaceType, String> {
    let found = KINDS.iter().find(|(_, of)| *of == word).map(|(kind, _)| *kind);
    found.ok_or_else(|| {
        let words: Vec<&str> = KINDS.iter().map(|(_, word)| *word).collect();
        format!("\"{word}\" is no kind of interface; there are {}", words.join(", "))
    })
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Station => "station",
        Role::AccessPoint => "access-point",
    }
}

fn role(word: &str) -> Result<Role, String> {
    let found = Role::ALL.into_iter().find(|role| role_word(*role) == word);
    found.ok_or_else(|| format!("\"{word}\" is no role; there are station and access-point"))
}

fn names(value: &str) -> Result<Names, String> {
    Names::parse(value).map_err(|error| format!("\"{value}\": {error}"))
}

/// `eth0 888e 890d`: a name, or a pattern with its count, and ethertypes.
fn link(value: &str) -> Result<LinkGrant, String> {
    let ethertype = |word: &&str| u16::from_str_radix(word, 16).is_ok_and(|number| caps::ETHERTYPES.contains(&number));
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let of_types = words.iter().rev().take_while(|word| ethertype(word)).count();
    let (names, types) = words.split_at(words.len().saturating_sub(of_types));
    if types.is_empty() {
        return Err(format!("\"{value}\" ends with no ethertype; there are 888e, 88c7 and 890d"));
    }
    let ethertypes = types.iter().filter_map(|word| u16::from_str_radix(word, 16).ok()).collect();
    Ok(LinkGrant { names: self::names(&names.join(" "))?, ethertypes })
}

/// An absolute path without a way up. A last `/` stays: it says that a folder is meant.
fn path(value: &str) -> Result<PathBuf, String> {
    let path = Path::new(value);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || value.contains('\0') || value == "/" {
        return Err(format!("\"{value}\" is no absolute path without \"..\""));
    }
    Ok(path.to_owned())
}

/// `PATH` or `PATH group NAME`.
fn with_group(value: &str) -> (&str, Option<String>) {
    match value.rsplit_once(" group ") {
        Some((path, group)) if !group.contains('/') => (path.trim_end(), Some(group.trim().to_owned())),
        Some(_) | None => (value, None),
    }
}

fn yes(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("\"{value}\" is neither yes nor no")),
    }
}

impl Grant {
    /// Reads a grant's file.
    pub fn parse(text: &str) -> Result<Grant, GrantError> {
        let at = |line: usize, why: String| GrantError { line, why };
        if text.len() > MAX_TEXT {
            return Err(at(0, format!("longer than {MAX_TEXT} octets")));
        }
        let mut grant = Grant::nothing(Role::Station);
        let mut role_said = false;
        for (line, content) in (1_usize..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if line > MAX_LINES {
                return Err(at(line, format!("more than {MAX_LINES} lines")));
            }
            let Some((right, value)) = content.split_once(':') else {
                return Err(at(line, format!("\"{content}\" is not of the form \"right: value\"")));
            };
            let (right, value) = (right.trim(), value.trim());
            if right == "role" {
                role_said = true;
            }
            grant.line(right, value).map_err(|why| at(line, why))?;
        }
        if role_said { Ok(grant) } else { Err(at(0, "no line \"role: station\" or \"role: access-point\"".to_owned())) }
    }

    fn line(&mut self, right: &str, value: &str) -> Result<(), String> {
        match right {
            "role" => self.role = role(value)?,
            "user" if !value.is_empty() && !value.contains(char::is_whitespace) => self.user = Some(value.to_owned()),
            "user" => return Err(format!("\"{value}\" is no user")),
            "interface" => self.interfaces.push(names(value)?),
            "link" => self.links.push(link(value)?),
            "make" => {
                let (word, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
                self.makes.push(Make { kind: kind(word)?, names: names(rest.trim())? });
            }
            "turn" => self.turns.push(kind(value)?),
            "bridge" => self.bridges.push(names(value)?),
            "make-bridge" => self.makes_bridges.push(names(value)?),
            "country" => self.country = yes(value)?,
            "address" if value == "random" => self.random_address = true,
            "address" => {
                let addr = value.parse().map_err(|_| format!("\"{value}\" is neither random nor an address"))?;
                self.addresses.push(addr);
            }
            "control" => {
                let (folder, group) = with_group(value);
                let folder = path(folder.trim_end_matches('/'))?;
                self.control.push(ControlRoot { folder, group });
            }
            "socket" => {
                let (name, group) = with_group(value);
                let path = match name.strip_prefix('@') {
                    Some(abstract_name) if !abstract_name.is_empty() => PathBuf::from(name),
                    Some(_) | None => path(name)?,
                };
                self.sockets.push(ControlSocket { path, group });
            }
            "peer" => self.peers.push(peers::parse(value)?),
            "witness" if value == "superuser" => self.witness = true,
            "witness" if value == "nobody" => self.witness = false,
            "witness" => return Err(format!("\"{value}\" is neither superuser nor nobody")),
            other => {
                let right = FileRight::ALL.into_iter().find(|right| right.word() == other);
                let right = right.ok_or_else(|| format!("there is no right \"{other}\""))?;
                let file = FileGrant { right, path: path(value)? };
                if value.ends_with('/') && !file.is_folder() {
                    return Err(format!("\"{value}\": only \"read\" takes a folder"));
                }
                let (folder, name) = value.trim_end_matches('/').rsplit_once('/').unwrap_or_default();
                let stars = name.matches('*').count();
                let takes_star = !file.is_folder() && matches!(right, FileRight::Read | FileRight::Replace);
                if folder.contains('*') || stars > 1 || (stars == 1 && !takes_star) {
                    return Err(format!("\"{value}\": one star, in the name of a file to read or replace"));
                }
                self.files.push(file);
            }
        }
        Ok(())
    }
}

fn group_suffix(group: Option<&String>) -> String {
    group.map_or_else(String::new, |group| format!(" group {group}"))
}

impl fmt::Display for Grant {
    /// In the file's own form: what [`Grant::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "role: {}", role_word(self.role))?;
        if let Some(user) = &self.user {
            writeln!(f, "user: {user}")?;
        }
        for names in &self.interfaces {
            writeln!(f, "interface: {names}")?;
        }
        for LinkGrant { names, ethertypes } in &self.links {
            let ethertypes: Vec<String> = ethertypes.iter().map(|ethertype| format!("{ethertype:04x}")).collect();
            writeln!(f, "link: {names} {}", ethertypes.join(" "))?;
        }
        for Make { kind, names } in &self.makes {
            writeln!(f, "make: {} {names}", kind_word(*kind).unwrap_or("other"))?;
        }
        for kind in &self.turns {
            writeln!(f, "turn: {}", kind_word(*kind).unwrap_or("other"))?;
        }
        for names in &self.bridges {
            writeln!(f, "bridge: {names}")?;
        }
        for names in &self.makes_bridges {
            writeln!(f, "make-bridge: {names}")?;
        }
        if self.country {
            writeln!(f, "country: yes")?;
        }
        if self.random_address {
            writeln!(f, "address: random")?;
        }
        for addr in &self.addresses {
            writeln!(f, "address: {addr}")?;
        }
        for ControlRoot { folder, group } in &self.control {
            writeln!(f, "control: {}{}", folder.display(), group_suffix(group.as_ref()))?;
        }
        for ControlSocket { path, group } in &self.sockets {
            writeln!(f, "socket: {}{}", path.display(), group_suffix(group.as_ref()))?;
        }
        for FileGrant { right, path } in &self.files {
            writeln!(f, "{}: {}", right.word(), path.display())?;
        }
        for peer in &self.peers {
            writeln!(f, "peer: {peer}")?;
        }
        if self.witness {
            writeln!(f, "witness: superuser")?;
        }
        Ok(())
    }
}
