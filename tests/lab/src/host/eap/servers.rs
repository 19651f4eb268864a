//! The servers of a row: ours, Debian's hostapd, Debian's freeradius. Each listens on a port of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::{Running, free_port};
use crate::failure::{Failure, Outcome};

/// The shared secret of RADIUS.
pub(super) const SECRET: &str = "radius";
/// Users of foreign servers have this password.
pub(super) const PASSWORD: &str = "secret";

/// A server that answers.
#[derive(Debug)]
pub(super) struct Listening {
    /// The program.
    pub(super) program: Running,
    /// Where.
    pub(super) port: u16,
}

/// Ours, with these settings.
pub(super) fn ours(programs: &Path, folder: &Path, settings: &str) -> Outcome<Listening> {
    let file = folder.join("radius-server.conf");
    fs::write(&file, format!("secret={SECRET}\n{settings}\n"))?;
    let mut program = Running::start(Command::new(programs.join("radius-server")).arg(&file), folder, "radius-server")?;
    let said = program.until("listening ")?;
    let port = said.lines().find_map(|line| line.strip_prefix("listening 127.0.0.1:")?.parse().ok());
    Ok(Listening { program, port: port.ok_or_else(|| Failure::new("radius-server does not say where it listens"))? })
}

/// Debian's hostapd without a radio. Lines that begin with a name in quotes or a star are users.
pub(super) fn hostapd(folder: &Path, lines: &str, debug: bool) -> Outcome<Listening> {
    let port = free_port()?;
    let (users, lines): (Vec<&str>, Vec<&str>) =
        lines.lines().partition(|line| line.starts_with('"') || line.starts_with('*'));
    fs::write(folder.join("hostapd.users"), users.join("\n") + "\n")?;
    fs::write(folder.join("hostapd.clients"), format!("127.0.0.1/32 {SECRET}\n"))?;
    let at = folder.display();
    let configuration = format!(
        "driver=none\ninterface=lab0\neap_server=1\neap_user_file={at}/hostapd.users\nserver_id=server\n\
         radius_server_clients={at}/hostapd.clients\nradius_server_auth_port={port}\n{}\n",
        lines.join("\n")
    );
    let file = folder.join("hostapd.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("/usr/sbin/hostapd");
    if debug {
        command.args(["-dd", "-K"]);
    }
    let mut program = Running::start(command.arg(&file), folder, "hostapd")?;
    program.until("AP-ENABLED")?;
    Ok(Listening { program, port })
}

/// What a freeradius server is like.
#[derive(Clone, Debug)]
pub(super) struct Freeradius<'a> {
    /// The method that is proposed first.
    pub(super) method: &'a str,
    /// The one inside of TTLS and PEAP.
    pub(super) inner: &'a str,
    /// The lines of its `tls-config` besides those that every server has.
    pub(super) tls: &'a str,
    /// Where certificates are.
    pub(super) certificates: &'a Path,
    /// It tells everything, and does one thing after the other.
    pub(super) debug: bool,
}

/// Debian's freeradius, with a configuration that holds nothing but what EAP needs.
pub(super) fn freeradius(folder: &Path, wanted: &Freeradius<'_>) -> Outcome<Listening> {
    let port = free_port()?;
    let file: PathBuf = folder.join("radiusd.conf");
    fs::write(&file, freeradius_configuration(folder, wanted, port))?;
    let mut command = Command::new("/usr/sbin/freeradius");
    command.arg(if wanted.debug { "-X" } else { "-f" }).arg("-d").arg(folder).args(["-n", "radiusd", "-l", "stdout"]);
    let mut program = Running::start(&mut command, folder, "freeradius")?;
    program.until("Ready to process requests")?;
    Ok(Listening { program, port })
}

fn freeradius_configuration(folder: &Path, wanted: &Freeradius<'_>, port: u16) -> String {
    let (at, certificates) = (folder.display(), wanted.certificates.display());
    let Freeradius { method, inner, tls, .. } = wanted;
    let known = format!("update control {{\nCleartext-Password := \"{PASSWORD}\"\n}}\n");
    let ways = "eap\nAuth-Type PAP {\npap\n}\nAuth-Type CHAP {\nchap\n}\nAuth-Type MS-CHAP {\nmschap\n}\n";
    format!(
        "prefix = /usr
raddbdir = {at}
logdir = {at}
run_dir = {at}
libdir = /usr/lib/freeradius
max_requests = 65536
max_request_time = 30
cleanup_delay = 2
hostname_lookups = no
log {{ destination = stdout }}
security {{ max_attributes = 200
 reject_delay = 0
 status_server = yes
 allow_vulnerable_openssl = yes }}
thread pool {{ start_servers = 1
 max_servers = 1
 min_spare_servers = 1
 max_spare_servers = 1
 max_requests_per_server = 0 }}
modules {{
 pap {{ }}
 chap {{ }}
 mschap {{ use_mppe = yes }}
 eap {{ default_eap_type = {method}
  timer_expire = 60
  max_sessions = 65536
  md5 {{ }}
  gtc {{ auth_type = PAP }}
  mschapv2 {{ }}
  tls-config common {{
   ca_file = {certificates}/ca.pem
   cipher_list = \"DEFAULT\"
   ecdh_curve = \"\"
   {tls}
  }}
  tls {{ tls = common }}
  ttls {{ tls = common
   default_eap_type = {inner}
   virtual_server = inner }}
  peap {{ tls = common
   default_eap_type = {inner}
   virtual_server = inner }}
  pwd {{ group = 19
   server_id = server
   fragment_size = 1020
   virtual_server = inner }}
 }}
}}
client lab {{ ipaddr = 127.0.0.1
 secret = {SECRET} }}
server lab {{
 listen {{ type = auth
  ipaddr = 127.0.0.1
  port = {port} }}
 authorize {{
 {known}
  eap {{
 ok = return
 }}
 }}
 authenticate {{
 {ways} }}
}}
server inner {{
 authorize {{
 {known}
  chap
  mschap
  eap {{
 ok = return
 }}
  pap
 }}
 authenticate {{
 {ways} }}
}}
"
    )
}
