//! The kernel has more to say than there is room for: what was lost is asked for.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::stories;
use crate::failure::{During as _, Outcome};
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::process;
use crate::guest::program::{Program, send_signal};
use crate::guest::station::{join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] =
    stories![the_end_of_a_link_is_lost_among_too_many_events, the_end_of_a_station_is_lost_among_too_many_events,];

const AWHILE: Duration = Duration::from_secs(60);
/// More than privd's room for events holds (1 MiB, which the kernel doubles; an event counts for 1 to 2 KiB of it).
const MANY: u32 = 1200;

/// privd does not listen while a lot happens to interfaces beside its own, and then this.
fn deafened(lab: &mut Lab, program: &Program, host: &Host, act: impl FnOnce(&mut Lab) -> Outcome) -> Outcome {
    let family = process::family(program.id())?;
    let privd = family.iter().find(|process| process.name == "privd").map(|process| process.id);
    let privd = privd.during(|| "there is no privd".into())?;
    send_signal(privd, Signal::SIGSTOP)?;
    let script = format!(
        "i=0; while [ $i -lt {MANY} ]; do iw phy {phy} interface add many0 type monitor; iw dev many0 del; \
         i=$((i+1)); done",
        phy = host.phy
    );
    lab.run_in(&host.name, "sh", &["-c", &script])?;
    lab.step("many events are waiting");
    act(lab)?;
    std::thread::sleep(Duration::from_secs(1));
    send_signal(privd, Signal::SIGCONT)?;
    Ok(())
}

/// The access point sends the station away, and the station does not hear of it from the kernel.
pub fn the_end_of_a_link_is_lost_among_too_many_events(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    sta.control()?.forget_events()?;
    let (host, mac) = (sta.host.clone(), sta.host.mac.clone());
    deafened(lab, &sta.program, &host, |_| ap.control.ok(&format!("DEAUTHENTICATE {mac}")))?;
    sta.program.wait_log("events of the kernel were lost", AWHILE)?;
    sta.program.wait_log("ended while events were lost", AWHILE)?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// Somebody removes the station from the access point's kernel, and the access point does not hear of it.
pub fn the_end_of_a_station_is_lost_among_too_many_events(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let (host, mac) = (ap.host.clone(), sta.host.mac.clone());
    deafened(lab, &ap.program, &host, |lab| {
        lab.run_in(&host.name, "iw", &["dev", &host.interface, "station", "del", &mac]).map(drop)
    })?;
    ap.program.wait_log("events of the kernel were lost", AWHILE)?;
    ap.program.wait_log(&format!("{mac}: the kernel has lost it while events were lost"), AWHILE)?;
    ap.control.event(&format!("AP-STA-DISCONNECTED {mac}"), AWHILE)?;
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    // It may be on its way back already: its next frame of data is answered with a deauthentication.
    sta.control()?.ok("REASSOCIATE")?;
    ap.control.event(&format!("AP-STA-CONNECTED {mac}"), AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)
}
