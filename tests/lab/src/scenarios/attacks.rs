//! A stranger sends forged and broken frames at a network in use. Each attack is also played where it must succeed
//! (the control), so that its failure against ours means something.

use std::time::{Duration, Instant};

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process::family;
use crate::guest::program::Program;
use crate::guest::station::{AccessPoint, Station, join, joined};
use crate::guest::stranger::{
    Address, Noise, Stranger, address, commit, eapol_key, eapol_to_access_point, eapol_to_station, management,
};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    forged_deauthentication_does_not_end_our_protected_connection,
    forged_frames_fill_no_log,
    forged_deauthentication_ends_an_unprotected_connection,
    forged_handshakes_do_not_end_our_protected_connection,
    forged_handshakes_do_not_end_our_unprotected_connection,
    forged_handshakes_end_debians_protected_connection,
    forged_words_of_a_station_do_not_end_its_protected_connection,
    broken_frames_change_nothing_at_either_side,
    a_crowd_of_strangers_keeps_nobody_out,
    a_flood_of_commits_keeps_nobody_out,
    a_crowd_of_networks_hides_none,
    a_broadcast_of_deauthentications_keeps_nobody_out,
];

const AWHILE: Duration = Duration::from_secs(5);

const ASSOCIATION_REQUEST: u8 = 0;
const PROBE_RESPONSE: u8 = 5;
const BEACON: u8 = 8;
const DISASSOCIATION: u8 = 10;
const AUTHENTICATION: u8 = 11;
const DEAUTHENTICATION: u8 = 12;
const ACTION: u8 = 13;
const EVERYBODY: Address = [0xff; 6];

/// Key information of the messages an access point sends: pairwise, acknowledgement wanted (IEEE Std 802.11-2020 12.7.2).
const MESSAGE_1: u16 = 0x0088;
/// The same with install, MIC, secure and encrypted key data.
const MESSAGE_3: u16 = 0x13c8;
/// A group message: acknowledgement, MIC, secure, encrypted key data.
const GROUP_MESSAGE: u16 = 0x1380;

/// A connection in use, and the stranger beside it.
struct Victims {
    sta: Station,
    ap: AccessPoint,
    stranger: Stranger,
    station: Address,
    bssid: Address,
}

fn victims(lab: &mut Lab, station: Maker, access_point: Maker, network: &Network) -> Outcome<Victims> {
    let (mut sta, ap) = join(lab, station, access_point, network)?;
    let stranger = Stranger::appear(lab, network.channel)?;
    let (own, bssid) = (address(&sta.host.mac)?, address(&ap.host.mac)?);
    sta.control()?.forget_events()?;
    Ok(Victims { sta, ap, stranger, station: own, bssid })
}

impl Victims {
    /// The connection has not been interrupted, is still that of before and carries frames.
    fn unharmed(&mut self, lab: &mut Lab) -> Outcome {
        self.sta.control()?.no_event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
        self.sta.control()?.wait_status("wpa_state", "COMPLETED", Duration::from_secs(1))?;
        self.sta.program.must_run()?;
        self.ap.program.must_run()?;
        lab.ping(&self.sta.host, &self.ap.host)
    }
}

/// Resident memory, in KiB, of the process `name` among those the program has become.
fn resident(program: &Program, name: &str) -> Outcome<u64> {
    let all = family(program.id())?;
    all.iter()
        .find(|process| process.name == name)
        .map(|process| process.resident)
        .during(|| format!("no process {name}"))
}

/// "Leave!" in the name of either side, with several reasons.
fn farewells(station: Address, bssid: Address) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for reason in [1_u8, 2, 3, 6, 7, 8, 15, 30] {
        for subtype in [DEAUTHENTICATION, DISASSOCIATION] {
            frames.push(management(subtype, station, bssid, bssid, &[reason, 0]));
            frames.push(management(subtype, EVERYBODY, bssid, bssid, &[reason, 0]));
            frames.push(management(subtype, bssid, station, bssid, &[reason, 0]));
        }
    }
    frames
}

/// With management frame protection a forged farewell is no farewell, to our station and to our access point.
pub fn forged_deauthentication_does_not_end_our_protected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let frames = farewells(victims.station, victims.bssid);
    victims.stranger.send(lab, &frames)?;
    victims.unharmed(lab)
}

/// Nor do such frames fill a log: the first is told, the others are counted.
pub fn forged_frames_fill_no_log(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    victims.sta.control()?.ok("LOG_LEVEL INFO")?;
    victims.ap.control.ok("LOG_LEVEL INFO")?;
    let (station, bssid) = (victims.station, victims.bssid);
    let mut frames = farewells(station, bssid);
    // An algorithm that nobody offers, a confirm without a commit, an association out of nothing.
    for number in 0..40 {
        let from = [2, 0, 0, 0, 0x77, number];
        frames.push(management(AUTHENTICATION, bssid, from, bssid, &[77, 0, 1, 0, 0, 0]));
        frames.push(management(AUTHENTICATION, bssid, from, bssid, &[3, 0, 2, 0, 0, 0]));
        frames.push(management(ASSOCIATION_REQUEST, bssid, from, bssid, &[0x31, 0x04, 5, 0, 0, 1, b'x']));
    }
    let lines = |program: &Program| program.log().lines().count();
    let before = [lines(&victims.sta.program), lines(&victims.ap.program)];
    for _ in 0..3 {
        victims.stranger.send(lab, &frames)?;
    }
    victims.unharmed(lab)?;
    let after = [lines(&victims.sta.program), lines(&victims.ap.program)];
    for (program, (before, after)) in
        [&victims.sta.program, &victims.ap.program].into_iter().zip(before.iter().zip(after))
    {
        check(after.saturating_sub(*before) <= 12, || {
            format!("{} has written {} lines", program.name, after.saturating_sub(*before))
        })?;
        program.wait_log(" more in the last minute: ", Duration::from_secs(90))?;
    }
    Ok(())
}

/// The control: the same frames end a connection without that protection.
pub fn forged_deauthentication_ends_an_unprotected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let frames = farewells(victims.station, victims.bssid);
    victims.stranger.send(lab, &frames)?;
    victims.sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    // What follows is the ordinary way back.
    joined(lab, &mut victims.sta, &mut victims.ap, &network)
}

/// EAPOL frames in the clear in the access point's name: first messages with broken key data and fresh nonces, third and
/// group messages nobody could have made, EAP failures, requests to begin again.
fn forged_handshakes(station: Address, bssid: Address, version: u16) -> Vec<Vec<u8>> {
    let mut eapol: Vec<Vec<u8>> = Vec::new();
    for replay in [0, 1, 2, 3, 4, 5, 100, u64::MAX] {
        for key_data in [&[][..], &[0xdd, 0xff, 0, 0x0f], &[0xdd, 0x14, 0, 0x0f, 0xac, 4, 1, 2], &[0xdd], &[0xdd, 0]] {
            eapol.push(eapol_key(MESSAGE_1 | version, replay, 7, 0, key_data));
            eapol.push(eapol_key(MESSAGE_1 | 0x0200 | version, replay, 8, 0, key_data));
            eapol.push(eapol_key(MESSAGE_3 | version, replay, 9, 9, key_data));
            eapol.push(eapol_key(GROUP_MESSAGE | version, replay, 0, 9, key_data));
        }
    }
    // EAP-Failure, EAP-Request of identity, EAPOL-Start, EAPOL-Logoff.
    eapol.push(vec![2, 0, 0, 4, 4, 1, 0, 4]);
    eapol.push(vec![2, 0, 0, 5, 1, 1, 0, 5, 1]);
    eapol.push(vec![2, 1, 0, 0]);
    eapol.push(vec![2, 2, 0, 0]);
    eapol.iter().map(|frame| eapol_to_station(station, bssid, frame)).collect()
}

/// "On the (in)security of protected management frames" (WiSec 2022): handshake frames end connections all the same.
pub fn forged_handshakes_do_not_end_our_protected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let frames = forged_handshakes(victims.station, victims.bssid, 0);
    victims.stranger.send(lab, &frames)?;
    victims.unharmed(lab)
}

/// The control: Debian's 2.10 gives the connection up.
pub fn forged_handshakes_end_debians_protected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Debian, Maker::Airlock, &network)?;
    let frames = forged_handshakes(victims.station, victims.bssid, 0);
    victims.stranger.send(lab, &frames)?;
    victims.sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE).map(drop)
}

/// Without management frame protection the frames may come in the clear; what cannot be verified moves nothing.
pub fn forged_handshakes_do_not_end_our_unprotected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let frames = forged_handshakes(victims.station, victims.bssid, 2);
    victims.stranger.send(lab, &frames)?;
    victims.unharmed(lab)
}

/// CVE-2019-5062 and its like: an association request, an authentication, EAPOL-Start and EAPOL-Logoff, second and fourth
/// messages in the station's name.
pub fn forged_words_of_a_station_do_not_end_its_protected_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let (station, bssid) = (victims.station, victims.bssid);
    let mut request = vec![0x31, 0x04, 5, 0, 0];
    request.push(u8::try_from(network.ssid.len()).unwrap_or(0));
    request.extend(network.ssid.as_bytes());
    request.extend([1, 4, 0x82, 0x84, 0x8b, 0x96]);
    request.extend([0x30, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 8, 0xc0, 0]);
    let to_ap = |eapol: &[u8]| eapol_to_access_point(station, bssid, eapol);
    let frames = [
        management(ASSOCIATION_REQUEST, bssid, station, bssid, &request),
        to_ap(&[2, 1, 0, 0]),
        to_ap(&[2, 2, 0, 0]),
        to_ap(&eapol_key(0x0108, 1, 5, 5, &[])),
        to_ap(&eapol_key(0x0308, 2, 0, 5, &[])),
        to_ap(&eapol_key(0x0b08, 9, 0, 5, &[])),
        management(AUTHENTICATION, bssid, station, bssid, &[0, 0, 1, 0, 0, 0]),
        management(AUTHENTICATION, bssid, station, bssid, &[3, 0, 2, 0, 0, 0]),
        management(ASSOCIATION_REQUEST, bssid, station, bssid, &request),
    ];
    victims.stranger.send(lab, &frames)?;
    victims.unharmed(lab)
}

/// Frames whose lengths lie and whose elements are cut, in everybody's name, while a connection is in use; nothing
/// ends, nothing panics, and the next station joins.
pub fn broken_frames_change_nothing_at_either_side(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut victims = victims(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut noise = Noise::new(0x0a1f_10c4);
    let mut frames = Vec::new();
    for _ in 0..150 {
        let stranger = noise.address();
        for (subtype, fixed) in [
            (ASSOCIATION_REQUEST, 4),
            (2, 10),
            (PROBE_RESPONSE, 12),
            (4, 0),
            (BEACON, 12),
            (AUTHENTICATION, 6),
            (ACTION, 2),
        ] {
            let mut body = vec![0; fixed];
            if subtype == AUTHENTICATION {
                let algorithm = noise.octet() & 3;
                body = vec![algorithm, 0, 1 + (noise.octet() & 1), 0, noise.octet() & 0x7f, 0, 19, 0];
            } else if subtype == ACTION {
                body = vec![noise.octet() & 0x1f, noise.octet() & 0x0f];
            }
            // Elements with names that mean something and lengths that need not be true.
            for _ in 0..noise.octet() % 6 {
                let known = [0, 1, 3, 7, 37, 45, 48, 50, 61, 127, 191, 192, 221, 244, 255];
                body.extend(known.get(usize::from(noise.octet()) % known.len()));
                let content = noise.octets(40);
                let lie = if noise.octet() < 64 { noise.octet() } else { 0 };
                body.push(u8::try_from(content.len()).unwrap_or(0).wrapping_add(lie));
                body.extend(content);
            }
            frames.push(management(subtype, victims.bssid, stranger, victims.bssid, &body));
            frames.push(management(subtype, victims.station, victims.bssid, victims.bssid, &body));
            frames.push(management(subtype, EVERYBODY, stranger, stranger, &body));
        }
        let eapol = [&[2, 3, 0, 95, 2][..], &noise.octets(120)].concat();
        frames.push(eapol_to_station(victims.station, victims.bssid, &eapol));
        frames.push(eapol_to_access_point(victims.station, victims.bssid, &eapol));
        frames.push(eapol_to_access_point(stranger, victims.bssid, &noise.octets(40)));
    }
    victims.stranger.send(lab, &frames)?;
    victims.unharmed(lab)?;
    for program in [&victims.sta.program, &victims.ap.program] {
        check(!program.log().contains("panicked"), || format!("a panic in the log of {}", program.name))?;
    }
    lab.plug_in("phy3")?;
    let mut late = Station::start(lab, "late", Maker::Airlock, &network)?;
    joined(lab, &mut late, &mut victims.ap, &network)
}

/// Open authentication and commits of SAE in the names of a crowd, 400 frames a second for as long as the story lasts.
fn crowd(bssid: Address) -> Vec<Vec<u8>> {
    let mut noise = Noise::new(0x00c4_04d5);
    let mut frames = Vec::new();
    for _ in 0..1000 {
        for _ in 0..3 {
            frames.push(management(AUTHENTICATION, bssid, noise.address(), bssid, &[0, 0, 1, 0, 0, 0]));
        }
        let mut commit = vec![3, 0, 1, 0, 126, 0, 19, 0];
        commit.extend((0..96).map(|_| noise.octet()));
        frames.push(management(AUTHENTICATION, bssid, noise.address(), bssid, &commit));
    }
    frames
}

/// Thousands of addresses ask to be let in, by open authentication and by SAE, and go on while somebody honest arrives;
/// memory stays, and he joins.
pub fn a_crowd_of_strangers_keeps_nobody_out(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let bssid = address(&ap.host.mac)?;
    let mut stranger = Stranger::appear(lab, network.channel)?;
    let before = resident(&ap.program, "apd")?;
    let mut crowd = stranger.begin(lab, &crowd(bssid), 400)?;
    std::thread::sleep(Duration::from_secs(10));
    let after = resident(&ap.program, "apd")?;
    lab.step(&format!("resident memory {before} KiB before, {after} KiB after"));
    check(after < before + 2048, || format!("resident memory grew from {before} to {after} KiB"))?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    joins_within(lab, &mut sta, JOINED)?;
    // At the first attempt.
    let said = sta.program.log();
    check(!said.contains("CTRL-EVENT-AUTH-REJECT"), || "the station was refused before".into())?;
    crowd.must_run()?;
    crowd.end()?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// As long as the crowd lasts; on a slow machine scanning among it alone takes several seconds.
const JOINED: Duration = Duration::from_secs(60);

/// The station has joined in time.
fn joins_within(lab: &mut Lab, sta: &mut Station, patience: Duration) -> Outcome {
    let began = Instant::now();
    sta.control()?.wait_status("wpa_state", "COMPLETED", patience)?;
    lab.step(&format!("joined within {:?}", began.elapsed()));
    Ok(())
}

/// 500 commits a second with the tokens that were asked for, in twenty names of which one is the station's own.
fn flood_of_commits(lab: &mut Lab, access_point: Maker) -> Outcome<(Station, AccessPoint, Program)> {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let ap = AccessPoint::start(lab, "ap", access_point, &network)?;
    let host = lab.host("sta")?;
    let (bssid, own) = (address(&ap.host.mac)?, address(&host.mac)?);
    let mut stranger = Stranger::appear(lab, network.channel)?;
    let mut noise = Noise::new(0x05ae_f100);
    let mut names: Vec<Address> = (0..19).map(|_| noise.address()).collect();
    names.push(own);
    let frames = names.into_iter().map(|name| management(AUTHENTICATION, bssid, name, bssid, &commit(&mut noise)));
    let flood = stranger.begin(lab, &frames.collect::<Vec<_>>(), 500)?;
    std::thread::sleep(Duration::from_secs(10));
    let sta = Station::start_on(lab, host, Maker::Airlock, &network)?;
    Ok((sta, ap, flood))
}

/// The station joins while the flood lasts, and is not told that its password is wrong.
pub fn a_flood_of_commits_keeps_nobody_out(lab: &mut Lab) -> Outcome {
    let (mut sta, mut ap, mut flood) = flood_of_commits(lab, Maker::Airlock)?;
    joins_within(lab, &mut sta, Duration::from_secs(30))?;
    let said = sta.program.log();
    for blame in ["another password", "WRONG_KEY", "CTRL-EVENT-SSID-TEMP-DISABLED"] {
        check(!said.contains(blame), || format!("the station was told: {blame}"))?;
    }
    flood.must_run()?;
    flood.end()?;
    // It was heard, and was answered.
    ap.program.wait_log("SAE: no answer", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &Network::new(Suite::Sae(Method::Direct, 19)))
}

/// 1,500 and then 5,000 networks that do not exist are announced, and go on while the station looks; its memory stays, it
/// keeps the one it knows among few, and joins.
pub fn a_crowd_of_networks_hides_none(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).head("bss_max_count=50");
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    let mut stranger = Stranger::appear(lab, network.channel)?;
    sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", Duration::from_secs(20))?;
    let before = resident(&sta.program, "supplicant")?;
    let mut noise = Noise::new(0x000b_5575);
    let mut crowd = |most: usize| -> Vec<Vec<u8>> {
        let beacon = |noise: &mut Noise| {
            let bssid = noise.address();
            let mut beacon = vec![0; 8];
            beacon.extend([100, 0, 1, 0, 0, 12]);
            beacon.extend((0..12).map(|_| noise.octet()));
            beacon.extend([1, 4, 0x82, 0x84, 0x8b, 0x96, 3, 1, 1]);
            management(BEACON, EVERYBODY, bssid, bssid, &beacon)
        };
        (0..most).map(|_| beacon(&mut noise)).collect()
    };
    let mut few = stranger.begin(lab, &crowd(1500), 1000)?;
    for _ in 0..3 {
        sta.control()?.forget_events()?;
        sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", Duration::from_secs(60))?;
    }
    few.end()?;
    let after = resident(&sta.program, "supplicant")?;
    lab.step(&format!("resident memory {before} KiB before, {after} KiB after"));
    check(after < before + 4096, || format!("resident memory grew from {before} to {after} KiB"))?;
    let mut many = stranger.begin(lab, &crowd(5000), 1000)?;
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    joins_within(lab, &mut sta, Duration::from_secs(120))?;
    many.must_run()?;
    many.end()?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// Deauthentications in the access point's name go to everybody, twenty a second, while stations join with protected
/// management frames, one after the other.
pub fn a_broadcast_of_deauthentications_keeps_nobody_out(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let bssid = address(&ap.host.mac)?;
    let mut stranger = Stranger::appear(lab, network.channel)?;
    let frames = [management(DEAUTHENTICATION, EVERYBODY, bssid, bssid, &[7, 0])];
    let mut flood = stranger.begin(lab, &frames, 20)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    for _ in 0..23 {
        joins_within(lab, &mut sta, Duration::from_secs(30))?;
        sta.control()?.ok("DISCONNECT")?;
        sta.control()?.wait_status("wpa_state", "DISCONNECTED", AWHILE)?;
        sta.control()?.ok("PMKSA_FLUSH")?;
        sta.control()?.ok("RECONNECT")?;
    }
    joins_within(lab, &mut sta, Duration::from_secs(30))?;
    flood.must_run()?;
    flood.end()?;
    joined(lab, &mut sta, &mut ap, &network)
}
