//! Frames that come twice, and how busy the channel is.

use alloc::vec;
use core::time::Duration;

use conf::ap::ApConfig;

use super::profile::radio;
use ipc_proto::{Handle, Reply, Request, ScanEntry, SurveyEntry, WiphyInfo};
use wire::StatusCode;
use wire::channel::Band;
use wire::frame::{self, Authentication, Subtype, auth_algorithm};

use super::world::{AP, OPEN, STA, World, wiphy};
use crate::{Operating, Tag};

#[test]
fn a_frame_that_is_sent_again_is_answered_once() {
    let auth =
        Authentication { algorithm: auth_algorithm::OPEN, transaction: 1, status: StatusCode::SUCCESS, rest: &[] };
    let frame = |sequence: u8, again: bool| {
        let mut frame: Vec<u8> = frame::build(Subtype::AUTHENTICATION, AP, STA, AP, |w| auth.write(w)).unwrap();
        frame[1] |= if again { 0x08 } else { 0 };
        frame[22] = sequence;
        frame
    };
    let mut world = World::new(OPEN);
    world.frames.clear();
    let mut answers = 0;
    for (sequence, again, answered) in
        [(0x10, true, true), (0x10, true, false), (0x10, false, true), (0x20, true, true), (0x20, true, false)]
    {
        world.receive(frame(sequence, again));
        answers += usize::from(answered);
        assert_eq!(world.frames.len(), answers, "{sequence:x} {again}");
    }
}

#[test]
fn a_channel_is_as_wide_as_the_radio_allows_of_what_is_asked() {
    let choose = |conf: &str, wiphy: &WiphyInfo| {
        let (config, _) = ApConfig::parse("test", conf.as_bytes()).unwrap();
        Operating::choose(&radio(&config.radio), wiphy)
    };
    let mut wiphy = wiphy();
    for (words, only_plus, only_minus, side) in [
        ("[HT40]", false, false, 0),
        ("[HT40+]", false, false, 1),
        ("[HT40+]", false, true, 0),
        ("[HT40+][HT40-]", false, false, 1),
        ("[HT40+][HT40-]", true, false, 1),
        ("[HT40+][HT40-]", false, true, -1),
        ("[HT40-]", true, false, 0),
    ] {
        for channel in &mut wiphy.bands[0].channels {
            (channel.no_ht40_minus, channel.no_ht40_plus) = (only_plus, only_minus);
        }
        let conf = alloc::format!("{}ieee80211n=1\nht_capab={words}\n", OPEN.replace("channel=1", "channel=6"));
        assert_eq!(choose(&conf, &wiphy).unwrap().secondary, side, "{words} {only_plus} {only_minus}");
    }
    let mut sixth = wiphy.bands[0].clone();
    sixth.band = Band::Ghz6;
    for (channel, freq) in sixth.channels.iter_mut().zip([5955, 5975]) {
        channel.freq = freq;
    }
    wiphy.bands.push(sixth);
    let conf = OPEN.replace("hw_mode=g\nchannel=1", "op_class=131\nchannel=1");
    assert!(choose(&conf, &wiphy).unwrap_err().contains("HE"));
}

#[test]
fn forty_megahertz_on_2_4_ghz_give_way_to_neighbours() {
    let conf = alloc::format!("{}ieee80211n=1\nht_capab=[HT40+]\n", OPEN.replace("channel=1", "channel=2"));
    let (config, _) = ApConfig::parse("test", conf.as_bytes()).unwrap();
    let mut wiphy = wiphy();
    let channel = wiphy.bands[0].channels[0];
    wiphy.bands[0].channels =
        (1..=13).map(|number| ipc_proto::ChannelInfo { freq: 2407 + 5 * number, ..channel }).collect();
    let wide = Operating::choose(&radio(&config.radio), &wiphy).unwrap();
    assert_eq!((wide.definition.center1, wide.secondary), (2427, 1));
    assert_eq!(wide.channels_to_scan(&wiphy), (1..=9).map(|number| 2407 + 5 * number).collect::<Vec<u32>>());
    let neighbour = |freq, offset: Option<u8>, info: Option<u16>| {
        let mut elements = Vec::new();
        if let Some(info) = info {
            elements.extend([&[45, 26], &info.to_le_bytes()[..], &[0; 24]].concat());
        }
        if let Some(offset) = offset {
            elements.extend([&[61, 22, 2, offset], &[0; 20][..]].concat());
        }
        ScanEntry { bssid: AP, freq, elements, ..ScanEntry::default() }
    };
    for (freq, offset, info, why) in [
        (2417, None, None, None),
        (2417, Some(0), Some(0), None),
        (2417, Some(1), Some(2), None),
        (2417, Some(1), Some(0x4002), Some("tolerate")),
        (2417, Some(3), Some(2), Some("40 MHz of its own")),
        (2412, None, None, Some("in the range")),
        (2437, Some(1), Some(2), Some("40 MHz of its own")),
        (2462, Some(0), Some(0), None),
        (2462, Some(3), Some(2), Some("40 MHz of its own")),
        (2472, Some(3), Some(2), Some("40 MHz of its own")),
        (2477, None, None, None),
        (5180, Some(1), Some(0x4002), None),
    ] {
        let said = wide.in_the_way(&[neighbour(2417, Some(1), None), neighbour(freq, offset, info)]);
        match why {
            Some(why) => assert!(said.as_ref().is_some_and(|said| said.contains(why)), "{freq} {offset:?}: {said:?}"),
            None => assert_eq!(said, None, "{freq} {offset:?}"),
        }
    }
    let narrow = wide.narrow();
    assert_eq!((narrow.definition.center1, narrow.secondary), (2417, 0));
    assert!(narrow.channels_to_scan(&wiphy).is_empty());
}

#[test]
fn the_load_of_the_channel_is_measured_and_announced() {
    let mut world = World::new(&alloc::format!("{OPEN}bss_load_update_period=10\nchan_util_avg_period=20\n"));
    let survey = |world: &mut World, active, busy| {
        world.wait(Duration::from_millis(1024));
        assert!(matches!(world.requests.pop(), Some(Request::Survey { handle: Handle(7) })), "not asked");
        let other = SurveyEntry { freq: 2437, active_ms: Some(1), busy_ms: Some(1), ..SurveyEntry::default() };
        let entry = SurveyEntry { freq: 2412, active_ms: Some(active), busy_ms: Some(busy), ..SurveyEntry::default() };
        let reply = Reply::Survey { entries: vec![other, entry], last: true };
        world.bss.handle_reply(Tag::Load, Ok(reply), world.now, &mut world.rng);
        world.pump();
    };
    let element = |world: &World, load: [u8; 5]| {
        let element = [&[11, 5], load.as_slice()].concat();
        world.beacon().windows(7).any(|window| window == element)
    };
    world.authenticate(STA);
    world.associate(STA, &[]);
    world.requests.clear();
    survey(&mut world, 1000, 500);
    assert!(element(&world, [1, 0, 0, 0, 0]));
    assert!(matches!(world.requests.pop(), Some(Request::UpdateBeacon { .. })));
    survey(&mut world, 2000, 900);
    assert!(element(&world, [1, 0, 102, 0, 0]));
    assert_eq!(world.bss.average_load(), Some(51));
    world.requests.clear();
    survey(&mut world, 3000, 1300);
    assert!(world.requests.is_empty(), "nothing has changed");
}

#[test]
fn vht_abilities_that_are_asked_for_are_announced_as_far_as_the_radio_has_them() {
    use crate::beacon::vht_within;
    // A length of MPDUs, and streams, are numbers: of two, the smaller.
    let own = 1 | 1 << 5 | 2 << 8 | 1 << 21 | 7 << 23;
    assert_eq!(vht_within(2 | 1 << 5 | 1 << 6 | 4 << 8 | 3 << 23, own), 1 | 1 << 5 | 2 << 8 | 3 << 23);
    assert_eq!(vht_within(0, own), 0);
    assert_eq!(vht_within(u32::MAX, own), own);
}
