//! Requests of privd by a daemon that was taken over. The network is looked at before and after each, through the same
//! programs that an administrator has; what privd answers is shown and decides nothing, except that what it claims to
//! have given away counts as given away.
//!
//! Verbs: `guess COUNT` (handles that were never given), `attach NAME`, `attach-link NAME ETHERTYPE`, `wired-down NAME`,
//! `bridge NAME`, `bridges COUNT`, `make KIND NAME`, `turn KIND`, `address ADDRESS`, `start-ap`,
//! `send FRAME TRANSMITTER BSSID` (see [`super::air`]). All but the first four are
//! about the attacker's own interface. `$own` and `$other` stand for it and for that of the other daemon. `post VERB` is a
//! request of the post: see [`super::asks_post`]. `courier VERB` is one of the courier: see [`super::courier`].

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ipc_proto::channel::{Channel, ChannelError, pair};
use ipc_proto::keeper::FromKeeper;
use ipc_proto::{
    ApParameters, BeaconParameters, BssOptions, ChannelDefinition, Handle, InterfaceType, Reply, Request, Role,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use wire::Ssid;

use super::air;
use super::asks_post::Post;
use super::courier;
use super::hostile::{Client, dial};
use crate::failure::{During as _, Failure, Outcome};

/// The command of this program that asks.
pub const COMMAND: &str = "ask";
/// In front of a grant's file: privd is started for it as a launcher does, as root.
pub const KEEP: &str = "keep:";

/// Where connections come from.
enum Source {
    Socket(PathBuf),
    Keeper(Channel<FromKeeper, FromKeeper>),
}

impl Source {
    /// `keeper`: our program. `helper`: its command that keeps the helper that is meant.
    fn new(text: &str, keeper: &Path, helper: &str) -> Outcome<Self> {
        let Some(grant) = text.strip_prefix(KEEP) else { return Ok(Source::Socket(text.into())) };
        let grant = std::fs::read_to_string(grant).during(|| grant.to_owned())?;
        let (own, keepers) = pair()?;
        let mut command = Command::new(keeper);
        command.args([helper, "--grant", &grant]).env_clear().current_dir("/").process_group(0);
        command.stdin(Stdio::from(keepers)).stdout(Stdio::null()).spawn().during(|| "privd-keeper".into())?;
        Ok(Source::Keeper(Channel::new(own)?))
    }

    fn connect(&mut self) -> Outcome<OwnedFd> {
        match self {
            Source::Socket(path) => dial(path),
            Source::Keeper(line) => loop {
                poll(&mut [PollFd::new(line.as_fd(), PollFlags::POLLIN)], PollTimeout::from(10_000_u16))?;
                match line.receive() {
                    Ok((FromKeeper::Started { .. }, Some(fd))) => return Ok(fd),
                    Ok(_) => {}
                    Err(error @ ChannelError::WouldBlock) => {
                        return Err(Failure::new(format!("privd's keeper is silent: {error}")));
                    }
                    Err(error) => return Err(Failure::new(format!("privd's keeper: {error}"))),
                }
            },
        }
    }
}

/// Links, interfaces and the regulatory domain, as they are shown to everybody.
fn network() -> Outcome<String> {
    let mut all = String::new();
    for (program, arguments) in [("ip", &["-o", "link"][..]), ("iw", &["dev"]), ("iw", &["reg", "get"])] {
        let output = Command::new(program).args(arguments).output().during(|| program.into())?;
        all += &String::from_utf8_lossy(&output.stdout);
    }
    Ok(all)
}

/// What stands in one and not in the other.
fn difference(before: &str, after: &str) -> Vec<String> {
    let only = |one: &str, other: &str, sign: char| -> Vec<String> {
        one.lines()
            .filter(|line| !other.lines().any(|same| same == *line))
            .map(|line| format!("{sign}{line}"))
            .collect()
    };
    [only(before, after, '-'), only(after, before, '+')].concat()
}

fn kind(word: &str) -> Outcome<InterfaceType> {
    match word {
        "station" => Ok(InterfaceType::Station),
        "access-point" => Ok(InterfaceType::AccessPoint),
        "monitor" => Ok(InterfaceType::Monitor),
        "mesh-point" => Ok(InterfaceType::MeshPoint),
        other => Err(Failure::new(format!("\"{other}\" is no kind"))),
    }
}

/// An access point that anybody may join.
fn open_network() -> ApParameters {
    ApParameters {
        ssid: Ssid::new(b"free").unwrap_or_default(),
        hidden_ssid: 0,
        beacon_interval: 100,
        dtim_period: 2,
        channel: ChannelDefinition::legacy(2412),
        beacon: BeaconParameters::default(),
        privacy: false,
        wpa_versions: 0,
        akms: Vec::new(),
        pairwise: Vec::new(),
        group: None,
        inactivity_timeout: None,
        isolate: false,
        options: BssOptions::default(),
        link: None,
    }
}

/// An attacker.
struct Attacker {
    source: Source,
    role: Role,
    own: String,
    client: Client,
    /// What privd said, in order.
    said: Vec<String>,
    /// Something was given that nobody may have.
    given: bool,
}

impl Attacker {
    /// Asks, on a new connection if the one before was ended over it.
    fn ask(&mut self, request: Request) -> Outcome<Option<Reply>> {
        let result = match self.client.ask(request.clone()) {
            Ok(result) => result,
            Err(ended) => {
                self.says(ended.to_string());
                self.client = Client::on(self.source.connect()?, self.role)?;
                return Ok(None);
            }
        };
        let words = match &result {
            Ok(_) => "done".to_owned(),
            Err(refused) => refused.to_string(),
        };
        self.says(words);
        Ok(result.ok())
    }

    /// Each thing once.
    fn says(&mut self, words: String) {
        if !self.said.contains(&words) {
            self.said.push(words);
        }
    }

    fn attached(&mut self, request: Request) -> Outcome<Option<Handle>> {
        Ok(match self.ask(request)? {
            Some(Reply::Attached(handle, _)) => Some(handle),
            Some(_) | None => None,
        })
    }

    fn own(&mut self) -> Outcome<Handle> {
        let ifname = self.own.clone();
        let own = self.attached(Request::Attach { ifname })?;
        let said = std::mem::take(&mut self.said);
        own.during(|| format!("the attacker's own interface: {}", said.join("; ")))
    }

    /// What is not the attacker's is taken down and renumbered, if privd lets it.
    fn abuse(&mut self, handle: Option<Handle>) -> Outcome {
        let Some(handle) = handle else { return Ok(()) };
        self.given = true;
        self.ask(Request::SetLinkUp { handle, up: false })?;
        Ok(())
    }

    fn play(&mut self, words: &[&str]) -> Outcome {
        match words {
            ["guess", count] => {
                for number in 0..count.parse().during(|| "a count".into())? {
                    let handle = Handle(number);
                    self.ask(Request::SetLinkUp { handle, up: false })?;
                    self.ask(Request::RemoveInterface { handle })?;
                    self.ask(Request::SetBridge { handle, bridge: Some("house0".into()) })?;
                }
            }
            ["attach", name] => {
                let handle = self.attached(Request::Attach { ifname: (*name).into() })?;
                self.abuse(handle)?;
            }
            ["attach-link", name, ethertype] => {
                let ethertypes = vec![u16::from_str_radix(ethertype, 16).during(|| "an ethertype".into())?];
                let handle = self.attached(Request::AttachLink { ifname: (*name).into(), ethertypes })?;
                self.abuse(handle)?;
            }
            ["wired-down", name] => {
                for ethertype in [0x888e, 0x88c7, 0x890d] {
                    let request = Request::AttachLink { ifname: (*name).into(), ethertypes: vec![ethertype] };
                    let handle = self.attached(request)?;
                    self.abuse(handle)?;
                }
            }
            ["bridge", name] => {
                let handle = self.own()?;
                self.ask(Request::SetBridge { handle, bridge: Some((*name).into()) })?;
            }
            ["bridges", count] => {
                for number in 0..count.parse::<u32>().during(|| "a count".into())? {
                    let handle = self.own()?;
                    self.ask(Request::SetBridge { handle, bridge: Some(format!("taken{number}")) })?;
                }
            }
            ["make", word, name] => {
                let (parent, kind) = (self.own()?, kind(word)?);
                self.ask(Request::AddInterface { parent, ifname: (*name).into(), kind, addr: None })?;
            }
            ["turn", word] => {
                let (handle, kind) = (self.own()?, kind(word)?);
                self.ask(Request::SetInterfaceType { handle, kind })?;
            }
            ["address", addr] => {
                let addr = addr.parse().map_err(|_| Failure::new(format!("\"{addr}\" is no address")))?;
                let handle = self.own()?;
                self.ask(Request::SetMacAddress { handle, addr })?;
            }
            ["send", kind, source, bssid] => {
                let handle = self.own()?;
                self.ask(Request::SetLinkUp { handle, up: true })?;
                self.said.clear();
                let own = std::fs::read_to_string(format!("/sys/class/net/{}/address", self.own))?;
                let own = own.trim().parse::<wire::MacAddr>().map_err(|_| Failure::new("no address"))?;
                let transmit = air::frame(*own.octets(), [kind, source, bssid])?;
                self.given = self.ask(Request::TransmitFrame { handle, transmit })?.is_some();
                std::thread::sleep(Duration::from_millis(500));
                let said = std::mem::take(&mut self.said);
                self.ask(Request::SetLinkUp { handle, up: false })?;
                self.said = said;
            }
            ["start-ap"] => {
                let handle = self.own()?;
                self.ask(Request::StartAp { handle, ap: open_network() })?;
            }
            other => return Err(Failure::new(format!("{other:?}: there is no such attack"))),
        }
        Ok(())
    }
}

fn role_of(word: &str) -> Outcome<Role> {
    match word {
        "station" => Ok(Role::Station),
        "access-point" => Ok(Role::AccessPoint),
        other => Err(Failure::new(format!("\"{other}\" is no role"))),
    }
}

/// A socket on the network: whether it was refused.
fn play_courier(source: &str, role: Role, words: &[&str], keeper: &Path) -> Outcome<bool> {
    let source = source.replace("/privd.sock", "/courier.sock");
    let mut source = Source::new(&source, keeper, "keep-courier")?;
    let (_, result) = courier::Client::greeted(source.connect()?, role)?.open(words)?;
    println!("{}", result.as_ref().map_or_else(ToString::to_string, |own| format!("open at {own}")));
    Ok(result.is_err())
}

/// A daemon that plays verbs in front of its courier.
pub fn play_with_courier(source: &str, role: &str, verbs: &[String], keeper: &Path) -> Outcome<bool> {
    let mut source = Source::new(source, keeper, "keep-courier")?;
    courier::play(source.connect()?, role_of(role)?, verbs)
}

/// Plays one row: whether the network is as it was. `keeper`: our program.
pub fn play(source: &str, role: &str, own: &str, other: &str, words: &[String], keeper: &Path) -> Outcome<bool> {
    let role = role_of(role)?;
    let words: Vec<&str> = words
        .iter()
        .map(|word| match word.as_str() {
            "$own" => own,
            "$other" => other,
            word => word,
        })
        .collect();
    match words.as_slice() {
        ["post", words @ ..] => return play_post(source, role, words, keeper),
        ["courier", words @ ..] => return play_courier(source, role, words, keeper),
        _ => {}
    }
    let mut source = Source::new(source, keeper, "keep")?;
    let client = Client::on(source.connect()?, role)?;
    let before = network()?;
    let mut attacker = Attacker { source, role, own: own.into(), client, said: Vec::new(), given: false };
    attacker.play(&words)?;
    let changed = difference(&before, &network()?);
    println!("{}", attacker.said.join("; "));
    if attacker.given {
        println!("it was given away");
    }
    for line in &changed {
        println!("{line}");
    }
    // To send, the link comes up; what it comes to is heard elsewhere.
    let sends = words.first() == Some(&"send");
    Ok((changed.is_empty() || sends) && !attacker.given)
}

/// A request of the post: whether it gave nothing away. What it did to files the story sees.
fn play_post(source: &str, role: Role, words: &[&str], keeper: &Path) -> Outcome<bool> {
    let source = source.replace("/privd.sock", "/post.sock");
    let mut source = Source::new(&source, keeper, "keep-post")?;
    let mut post = Post::greeted(source.connect()?, role)?;
    post.play(words)?;
    println!("{}", post.said.join("; "));
    Ok(!post.given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_changed_is_seen_line_by_line() {
        assert!(difference("a\nb\n", "b\na\n").is_empty());
        assert_eq!(difference("a\nb up\n", "a\nb down\nc\n"), ["-b up", "+b down", "+c"]);
    }
}
