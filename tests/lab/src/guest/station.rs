//! Access points and stations of any maker.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::control::{Control, value};
use super::init::CONTROL_GROUP;
use super::lab::{Host, Lab, Maker};
use super::networks::{Network, Suite};
use super::program::{Program, until};
use crate::failure::{Failure, Outcome, check};

/// How long a program may take to be ready.
const START: Duration = Duration::from_secs(20);
/// How long joining may take, scans included.
const JOIN: Duration = Duration::from_secs(60);

/// An access point that runs.
#[derive(Debug)]
pub struct AccessPoint {
    /// The machine.
    pub host: Host,
    /// The daemon.
    pub program: Program,
    /// The folder of its control sockets.
    pub folder: PathBuf,
    /// Its configuration file.
    pub file: PathBuf,
    /// A client of its first BSS.
    pub control: Control,
}

/// A station that runs.
#[derive(Debug)]
pub struct Station {
    /// The machine.
    pub host: Host,
    /// Whose program.
    pub maker: Maker,
    /// The daemon.
    pub program: Program,
    /// The folder of its control sockets.
    pub folder: PathBuf,
    /// Its configuration file or folder.
    pub file: PathBuf,
    control: Option<Control>,
}

impl AccessPoint {
    /// Starts an access point on a new host and waits until it beacons.
    pub fn start(lab: &mut Lab, name: &str, maker: Maker, network: &Network) -> Outcome<Self> {
        let host = lab.host(name)?;
        Self::start_on(lab, host, maker, network)
    }

    /// Starts an access point on this host and waits until it beacons.
    pub fn start_on(lab: &mut Lab, host: Host, maker: Maker, network: &Network) -> Outcome<Self> {
        let folder = PathBuf::from(format!("/run/{}-hostapd", host.name));
        let text = network.hostapd_conf(&host.interface, &folder.to_string_lossy(), CONTROL_GROUP.name);
        let file = lab.file(&format!("{}.hostapd.conf", host.name), &text)?;
        Self::start_file(lab, host, maker, folder, file)
    }

    /// Starts an access point with a configuration file that stands already.
    pub fn start_file(lab: &mut Lab, host: Host, maker: Maker, folder: PathBuf, file: PathBuf) -> Outcome<Self> {
        let path = match maker {
            Maker::Airlock => lab.our_program("apd"),
            Maker::Debian | Maker::Iwd => PathBuf::from("/usr/sbin/hostapd"),
        };
        let mut program = lab.start(&host.name, &format!("{}-apd", host.name), &path, &["-dd", "-t", &text(&file)])?;
        let opened = Control::open(&folder.join(&host.interface), START);
        program.must_run()?;
        let mut control = opened?;
        control.wait_status("state", "ENABLED", START)?;
        control.attach()?;
        lab.set_address(&host, &host.interface)?;
        lab.step(&format!("{} is on the air", host.name));
        Ok(Self { host, program, folder, file, control })
    }

    /// Checks that this access point and its kernel have let the station in.
    pub fn must_have(&mut self, lab: &mut Lab, station: &Host, network: &Network) -> Outcome {
        let interface = self.host.interface.clone();
        lab.wait_authorized(&self.host, &interface, &station.mac, START)?;
        let answer = self.control.request(&format!("STA {}", station.mac))?;
        check(value(&answer, "flags").is_some_and(|flags| flags.contains("[AUTHORIZED]")), || {
            format!("the access point says of the station: {answer:?}")
        })?;
        let kernel = lab.stations(&self.host, &interface)?;
        let protected = kernel.iter().any(|known| known.mac == station.mac && known.flag("MFP"));
        check(protected == network.protects_management(), || {
            format!("protection of management frames is {protected} in the access point's kernel")
        })
    }
}

impl Station {
    /// Starts a station on a new host.
    pub fn start(lab: &mut Lab, name: &str, maker: Maker, network: &Network) -> Outcome<Self> {
        let host = lab.host(name)?;
        Self::start_on(lab, host, maker, network)
    }

    /// Starts a station on this host.
    pub fn start_on(lab: &mut Lab, host: Host, maker: Maker, network: &Network) -> Outcome<Self> {
        if maker == Maker::Iwd {
            return Self::start_iwd(lab, host, network);
        }
        let folder = PathBuf::from(format!("/run/{}-wpa_supplicant", host.name));
        let conf = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
        let file = lab.file(&format!("{}.wpa_supplicant.conf", host.name), &conf)?;
        Self::start_file(lab, host, maker, folder, file)
    }

    /// Starts a station with a configuration file that stands already.
    pub fn start_file(lab: &mut Lab, host: Host, maker: Maker, folder: PathBuf, file: PathBuf) -> Outcome<Self> {
        Self::start_logging(lab, host, maker, folder, file, "-dd")
    }

    /// The same with these options for its log.
    pub fn start_logging(
        lab: &mut Lab,
        host: Host,
        maker: Maker,
        folder: PathBuf,
        file: PathBuf,
        logging: &str,
    ) -> Outcome<Self> {
        let path = match maker {
            Maker::Airlock => lab.our_program("supplicant"),
            Maker::Debian | Maker::Iwd => PathBuf::from("/usr/sbin/wpa_supplicant"),
        };
        let arguments = [logging, "-t", "-D", "nl80211", "-i", &host.interface, "-c", &text(&file)];
        let mut program = lab.start(&host.name, &format!("{}-supplicant", host.name), &path, &arguments)?;
        let opened = Control::open(&folder.join(&host.interface), START);
        program.must_run()?;
        let mut control = opened?;
        control.attach()?;
        Ok(Self { host, maker, program, folder, file, control: Some(control) })
    }

    /// iwd takes its networks from files and wants a D-Bus.
    fn start_iwd(lab: &mut Lab, host: Host, network: &Network) -> Outcome<Self> {
        fs::create_dir_all("/var/lib/iwd")?;
        fs::create_dir_all("/run/dbus")?;
        let folder = PathBuf::from("/var/lib/iwd");
        let (name, text) = network.iwd_file();
        let file = folder.join(name);
        fs::write(&file, text)?;
        if !Path::new("/run/dbus/system_bus_socket").exists() {
            lab.start(&host.name, "dbus", Path::new("/usr/bin/dbus-daemon"), &["--system", "--nofork", "--nopidfile"])?;
            until("D-Bus", START, || Ok(Path::new("/run/dbus/system_bus_socket").exists().then_some(())))?;
        }
        let name = format!("{}-iwd", host.name);
        let program = lab.start(&host.name, &name, Path::new("/usr/libexec/iwd"), &["-d", "-p", &host.phy])?;
        Ok(Self { host, maker: Maker::Iwd, program, folder, file, control: None })
    }

    /// The client of the control socket.
    pub fn control(&mut self) -> Outcome<&mut Control> {
        self.control.as_mut().ok_or_else(|| Failure::new("iwd has no control socket"))
    }

    /// Waits until it is connected and checks what it says of the connection.
    pub fn must_join(&mut self, lab: &mut Lab, network: &Network) -> Outcome {
        let interface = self.current_interface(lab)?;
        if let Some(control) = self.control.as_mut() {
            control.wait_status("wpa_state", "COMPLETED", JOIN)?;
            let status = control.request("STATUS")?;
            let says = |key: &str, wanted: &str| {
                check(value(&status, key) == Some(wanted), || format!("{key} is not {wanted} in {status:?}"))
            };
            says("ssid", &network.ssid)?;
            says("key_mgmt", network.key_management())?;
            // A connection with a cached key has no SAE exchange behind it.
            if let (Suite::Sae(_, group), true) = (network.suite, status.contains("sae_group=")) {
                says("sae_group", &group.to_string())?;
            }
        } else {
            until("connection of iwd", JOIN, || {
                let (_, link) = lab.try_in(&self.host.name, "iw", &["dev", &interface, "link"])?;
                Ok(link.contains("Connected to").then_some(()))
            })?;
        }
        until("authorised port", START, || {
            let stations = lab.stations(&self.host, &interface)?;
            Ok(stations.first().is_some_and(|peer| peer.flag("authorized")).then_some(()))
        })?;
        let peer = lab.stations(&self.host, &interface)?;
        let protected = peer.first().is_some_and(|peer| peer.flag("MFP"));
        check(protected == network.protects_management(), || {
            format!("protection of management frames is {protected} in the station's kernel")
        })?;
        lab.set_address(&self.host, &interface)?;
        lab.step(&format!("{} has joined {:?}", self.host.name, network.ssid));
        Ok(())
    }

    /// iwd makes its interface anew; the others keep theirs.
    pub fn current_interface(&mut self, lab: &mut Lab) -> Outcome<String> {
        if self.maker != Maker::Iwd {
            return Ok(self.host.interface.clone());
        }
        until("interface of iwd", START, || {
            let devices = lab.run_in(&self.host.name, "iw", &["dev"])?;
            let word = |key: &str| {
                devices.lines().find_map(|line| line.trim().strip_prefix(key)).map(|rest| rest.trim().to_owned())
            };
            if let Some(mac) = word("addr ") {
                self.host.mac = mac;
            }
            Ok(word("Interface "))
        })
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The whole story of joining: start both, join, look at both kernels, ping.
pub fn join(lab: &mut Lab, station: Maker, access_point: Maker, network: &Network) -> Outcome<(Station, AccessPoint)> {
    let mut ap = AccessPoint::start(lab, "ap", access_point, network)?;
    let mut sta = Station::start(lab, "sta", station, network)?;
    joined(lab, &mut sta, &mut ap, network)?;
    if let (Suite::Sae(..), Some(control)) = (network.suite, sta.control.as_mut()) {
        check(control.status("sae_group")?.is_some(), || "the station does not say which SAE group was used".into())?;
    }
    Ok((sta, ap))
}

/// Waits for the station to be in, and checks both sides.
pub fn joined(lab: &mut Lab, sta: &mut Station, ap: &mut AccessPoint, network: &Network) -> Outcome {
    sta.must_join(lab, network)?;
    ap.must_have(lab, &sta.host, network)?;
    lab.ping(&sta.host, &ap.host)
}
