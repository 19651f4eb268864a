//! The lab as a story sees it: hosts with a radio each, programs on them, and what the kernel says.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::hwsim::Hwsim;
use super::init::{KEEP_VARIABLE, PROGRAMS, RESULTS, SAID, STAND_IN_VARIABLE};
use super::program::{Program, until};
use crate::failure::{During as _, Outcome, check};

/// The command of this program that removes a radio from the namespace it runs in.
pub const REMOVE_RADIO: &str = "remove-radio";

/// Whose program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Ours.
    Airlock,
    /// Debian's wpa_supplicant and hostapd.
    Debian,
    /// Debian's iwd (stations only).
    Iwd,
}

/// A machine of the story: a network namespace with one radio in it.
#[derive(Clone, Debug)]
pub struct Host {
    /// The namespace.
    pub name: String,
    /// The radio.
    pub phy: String,
    /// Its first interface.
    pub interface: String,
    /// The hardware address of that interface.
    pub mac: String,
    /// The address it has, or will have, on the air.
    pub address: Ipv4Addr,
}

/// Everything a story can touch.
#[derive(Debug)]
pub struct Lab {
    results: PathBuf,
    programs: PathBuf,
    story: String,
    next_radio: u32,
    next_address: u8,
    serial: u32,
}

impl Lab {
    /// The lab inside this guest.
    pub fn new(story: &str) -> Outcome<Self> {
        fs::create_dir_all("/run/lab/conf")?;
        Ok(Self {
            results: RESULTS.into(),
            programs: PROGRAMS.into(),
            story: story.into(),
            next_radio: 0,
            next_address: 1,
            serial: 0,
        })
    }

    /// Says something to the person who watches.
    pub fn say(&mut self, what: &str) {
        self.show(&format!("{:7.2} s  {what}", uptime()));
    }

    /// Shows a line to the person who watches.
    pub fn show(&mut self, line: &str) {
        let line = format!("{line}\n");
        if std::env::var_os(KEEP_VARIABLE).is_some() {
            print!("{line}");
        }
        self.append(SAID, &line);
    }

    /// Adds to a file of the results. A line that cannot be noted is no reason to fail the story.
    fn append(&self, file: &str, line: &str) {
        let file = File::options().create(true).append(true).open(self.results.join(file));
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }

    /// The story's name.
    #[must_use]
    pub fn story(&self) -> &str {
        &self.story
    }

    /// The folder the host reads.
    #[must_use]
    pub fn results(&self) -> &Path {
        &self.results
    }

    /// Where our programs are.
    #[must_use]
    pub fn our_program(&self, name: &str) -> PathBuf {
        if std::env::var_os(STAND_IN_VARIABLE).is_some() {
            return match name {
                "supplicant" => "/usr/sbin/wpa_supplicant".into(),
                "apd" => "/usr/sbin/hostapd".into(),
                other => self.programs.join(other),
            };
        }
        self.programs.join(name)
    }

    /// Notes what happens now, with the guest's time.
    pub fn step(&mut self, what: &str) {
        self.append("steps", &format!("{:8.3}  {what}\n", uptime()));
    }

    /// A new host with the next radio.
    pub fn host(&mut self, name: &str) -> Outcome<Host> {
        let phy = format!("phy{}", self.next_radio);
        self.next_radio += 1;
        self.host_with(name, &phy)
    }

    /// A new host with this radio.
    pub fn host_with(&mut self, name: &str, phy: &str) -> Outcome<Host> {
        self.namespace(name)?;
        self.command("iw", &["phy", phy, "set", "netns", "name", name])?;
        let devices = self.run_in(name, "iw", &["dev"])?;
        let word = |key: &str| {
            devices.lines().find_map(|line| line.trim().strip_prefix(key)).map(|rest| rest.trim().to_owned())
        };
        let interface = word("Interface ").during(|| format!("{phy} has no interface"))?;
        let mac = word("addr ").during(|| format!("{interface} has no address"))?;
        let address = Ipv4Addr::new(10, 77, 0, self.next_address);
        self.next_address += 1;
        Ok(Host { name: name.into(), phy: phy.into(), interface, mac, address })
    }

    /// A network namespace of that name.
    pub fn namespace(&mut self, name: &str) -> Outcome {
        self.command("ip", &["netns", "add", name])?;
        self.run_in(name, "ip", &["link", "set", "lo", "up"])?;
        Ok(())
    }

    /// Writes a file for programs to read; a copy stays beside the logs.
    pub fn file(&mut self, name: &str, text: &str) -> Outcome<PathBuf> {
        fs::write(self.results.join(name), text)?;
        let path = Path::new("/run/lab/conf").join(name);
        fs::write(&path, text)?;
        // As an administrator's files are: what anybody may write is nobody's word.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        Ok(path)
    }

    /// Starts a program in the namespace of a host; its output goes to a log of its own.
    pub fn start(&mut self, namespace: &str, name: &str, program: &Path, arguments: &[&str]) -> Outcome<Program> {
        self.start_with(namespace, name, program, arguments, &[])
    }

    /// Starts a program with some environment variables.
    pub fn start_with(
        &mut self,
        namespace: &str,
        name: &str,
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Outcome<Program> {
        self.serial += 1;
        let log = self.results.join(format!("{}-{name}.log", self.serial));
        let file = File::create(&log).during(|| format!("{}", log.display()))?;
        self.step(&format!("start {name}: {} {}", program.display(), arguments.join(" ")));
        let child = Command::new("ip")
            .args(["netns", "exec", namespace])
            .arg(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .during(|| format!("start of {name}"))?;
        Ok(Program::new(name.into(), child, log))
    }

    /// Runs a command to its end outside any namespace and gives its output.
    pub fn command(&mut self, program: &str, arguments: &[&str]) -> Outcome<String> {
        let (good, output) = self.try_command(program, arguments)?;
        check(good, || format!("{program} {} failed: {}", arguments.join(" "), output.trim()))?;
        Ok(output)
    }

    /// Runs a command to its end: did it succeed, and what did it say?
    pub fn try_command(&mut self, program: &str, arguments: &[&str]) -> Outcome<(bool, String)> {
        let done = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .during(|| format!("start of {program}"))?;
        let mut output = String::from_utf8_lossy(&done.stdout).into_owned();
        output.push_str(&String::from_utf8_lossy(&done.stderr));
        Ok((done.status.success(), output))
    }

    /// Runs a command in a namespace and gives its output.
    pub fn run_in(&mut self, namespace: &str, program: &str, arguments: &[&str]) -> Outcome<String> {
        let all = [&["netns", "exec", namespace, program], arguments].concat();
        self.command("ip", &all)
    }

    /// Runs a command in a namespace: did it succeed, and what did it say?
    pub fn try_in(&mut self, namespace: &str, program: &str, arguments: &[&str]) -> Outcome<(bool, String)> {
        let all = [&["netns", "exec", namespace, program], arguments].concat();
        self.try_command("ip", &all)
    }

    /// Runs a command as another user with these groups.
    pub fn run_as(&mut self, user: u32, groups: &[u32], program: &str, arguments: &[&str]) -> Outcome<(bool, String)> {
        let user = user.to_string();
        let groups = groups.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let mut all = vec!["--reuid", &user, "--regid", &user];
        if groups.is_empty() {
            all.push("--clear-groups");
        } else {
            all.extend(["--groups", &groups]);
        }
        all.push(program);
        all.extend(arguments);
        self.try_command("setpriv", &all)
    }

    /// Gives the host its address on `interface`.
    pub fn set_address(&mut self, host: &Host, interface: &str) -> Outcome {
        let address = format!("{}/24", host.address);
        self.run_in(&host.name, "ip", &["address", "replace", &address, "dev", interface])?;
        Ok(())
    }

    /// Pings `to` from `from`.
    pub fn ping(&mut self, from: &Host, to: &Host) -> Outcome {
        let target = to.address.to_string();
        let (good, said) = self.try_in(&from.name, "ping", &["-c", "3", "-i", "0.2", "-W", "2", &target])?;
        self.step(&format!("ping from {} to {}: {}", from.name, to.name, if good { "answered" } else { "lost" }));
        check(good, || format!("{} cannot reach {}: {}", from.name, to.name, said.trim()))
    }

    /// Checks that nothing answers.
    pub fn no_ping(&mut self, from: &Host, to: &Host) -> Outcome {
        let target = to.address.to_string();
        let (good, _) = self.try_in(&from.name, "ping", &["-c", "1", "-W", "1", &target])?;
        check(!good, || format!("{} reaches {}, which it must not", from.name, to.name))
    }

    /// The kernel's table of stations of an interface.
    pub fn stations(&mut self, host: &Host, interface: &str) -> Outcome<Vec<KernelStation>> {
        let dump = self.run_in(&host.name, "iw", &["dev", interface, "station", "dump"])?;
        Ok(parse_stations(&dump))
    }

    /// Waits until the kernel has authorised the station `mac` on `interface`.
    pub fn wait_authorized(&mut self, host: &Host, interface: &str, mac: &str, patience: Duration) -> Outcome {
        let what = format!("authorised {mac} in the kernel's table of {interface}");
        until(&what, patience, || {
            let stations = self.stations(host, interface)?;
            Ok(stations.iter().any(|station| station.mac == mac && station.flag("authorized")).then_some(()))
        })
    }

    /// Blocks or unblocks a host's radio, as its switch would.
    pub fn rfkill(&mut self, host: &Host, blocked: bool) -> Outcome {
        let value = if blocked { "1" } else { "0" };
        let script = format!("echo {value} | tee /sys/class/ieee80211/{}/rfkill*/soft", host.phy);
        self.run_in(&host.name, "sh", &["-c", &script])?;
        self.step(&format!("{} of {} {}", host.phy, host.name, if blocked { "blocked" } else { "unblocked" }));
        Ok(())
    }

    /// What others receive from this host arrives with this strength, in dBm.
    pub fn sent_strength(&mut self, host: &Host, dbm: i32) -> Outcome {
        let file = format!("/sys/kernel/debug/ieee80211/{}/hwsim/rx_rssi", host.phy);
        // The sender's power of 20 dBm is added; the kernel takes the number as an unsigned one of 64 bits.
        let value = i64::from(dbm - 20).cast_unsigned();
        fs::write(&file, value.to_string()).during(|| file.clone())?;
        self.step(&format!("{} is heard with {dbm} dBm", host.name));
        Ok(())
    }

    /// Takes a host's radio away, as when its adapter is pulled out.
    pub fn pull_out(&mut self, host: &Host) -> Outcome {
        let number = host.phy.trim_start_matches("phy").to_owned();
        // A radio can be removed only from the namespace it is in.
        let me = self.programs.join("lab").to_string_lossy().into_owned();
        self.run_in(&host.name, &me, &[REMOVE_RADIO, &number])?;
        self.step(&format!("the radio of {} is pulled out", host.name));
        Ok(())
    }

    /// Makes one more radio; the next host can have it.
    pub fn plug_in(&mut self, phy: &str) -> Outcome {
        Hwsim::open()?.add(phy)?;
        self.step(&format!("{phy} is plugged in"));
        Ok(())
    }
}

/// Seconds since the guest was started.
#[must_use]
pub fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// A station as the kernel of an access point, or of a station, lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelStation {
    /// Its address.
    pub mac: String,
    /// What else is said of it.
    pub fields: Vec<(String, String)>,
}

impl KernelStation {
    /// A field's text.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Does a yes/no field say yes?
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.field(key) == Some("yes")
    }
}

/// Reads what `iw station dump` prints.
#[must_use]
pub fn parse_stations(dump: &str) -> Vec<KernelStation> {
    let mut stations: Vec<KernelStation> = Vec::new();
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix("Station ") {
            let mac = rest.split_whitespace().next().unwrap_or_default().to_owned();
            stations.push(KernelStation { mac, fields: Vec::new() });
        } else if let (Some(station), Some((key, value))) = (stations.last_mut(), line.trim().split_once(':')) {
            station.fields.push((key.to_owned(), value.trim().to_owned()));
        }
    }
    stations
}
