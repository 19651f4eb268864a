//! Devices, networks and passwords for tests.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::{MacAddr, Ssid};

use crate::code::{AssociationState, AuthTypes, ConfigMethods, EncrTypes, PasswordId, RfBands, SetupState};
use crate::credential::{Credential, Policy};
use crate::device::{Device, DeviceType, Uuid};
use crate::message::{Outgoing, Own};
use crate::password::{DevicePassword, Pin};
use crate::quirks::Quirks;
use crate::registration::{
    Decision, Enrollee, EnrolleeProfile, Event, Grant, Offer, Question, Registrar, RegistrarProfile, Setup, Side, Turn,
};

pub(super) const STATION: MacAddr = MacAddr([2, 0, 0, 0, 1, 0]);
pub(super) const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);

pub(super) fn own(addr: MacAddr) -> Own {
    let device = Device {
        manufacturer: b"Airlock".to_vec(),
        model_name: b"Test".to_vec(),
        model_number: b"1".to_vec(),
        serial_number: b"0001".to_vec(),
        name: b"device".to_vec(),
        primary_type: DeviceType::known(6, 1),
        secondary_types: Vec::new(),
        os_version: 0x8000_0000,
    };
    Own {
        uuid: Uuid::from_mac(addr),
        addr,
        device,
        auth: AuthTypes(0x23),
        encr: EncrTypes(0x0d),
        methods: ConfigMethods(0x2388),
        rf_bands: RfBands::GHZ_2_4,
        state: SetupState::NOT_CONFIGURED,
        association: AssociationState::NOT_ASSOCIATED,
        multi_ap: None,
        request_to_enroll: false,
    }
}

pub(super) fn network(name: &str) -> Credential {
    Credential {
        ssid: Ssid::new(name.as_bytes()).unwrap(),
        auth: AuthTypes::WPA2_PSK,
        encr: EncrTypes::AES,
        key: Secret::from(*b"twelve words"),
        addr: STATION,
        is_shareable: None,
    }
}

pub(super) fn pin(text: &str) -> DevicePassword {
    DevicePassword::pin(PasswordId::DEFAULT, &Pin::parse(text).unwrap())
}

pub(super) fn station(password: DevicePassword) -> EnrolleeProfile {
    EnrolleeProfile {
        own: own(STATION),
        side: Side::Station,
        password: Some(password),
        alternative: None,
        registrar_key: None,
        keys: None,
        policy: Policy::default(),
    }
}

pub(super) fn access_point(password: Option<DevicePassword>, setup: Setup) -> EnrolleeProfile {
    let mut settings = network("before");
    settings.addr = AP;
    EnrolleeProfile {
        own: Own { state: SetupState::CONFIGURED, ..own(AP) },
        side: Side::AccessPoint(Box::new(settings), setup),
        password,
        ..station(pin("12345670"))
    }
}

pub(super) fn grant(password: DevicePassword, offer: Offer) -> Decision {
    Decision::Register(Box::new(Grant { password, offer, enrollee_key: None, keys: None }))
}

pub(super) fn credentials() -> Offer {
    Offer::Credentials(vec![network("home")])
}

/// Both sides, and nothing between them.
pub(super) struct Direct {
    pub(super) enrollee: Enrollee,
    pub(super) registrar: Registrar,
    pub(super) rng: TestRng,
    pub(super) enrollee_said: Vec<Event>,
    pub(super) registrar_said: Vec<Event>,
    pub(super) ignored: Vec<crate::WpsError>,
    /// What is on its way: `true` to the Enrollee.
    pub(super) way: Vec<(bool, Outgoing)>,
    /// Everything that was ever sent.
    pub(super) sent: Vec<(bool, Outgoing)>,
    pub(super) decision: Decision,
    pub(super) is_alone: bool,
}

impl Direct {
    pub(super) fn new(profile: EnrolleeProfile, decision: Decision) -> Direct {
        Self::with_seed(profile, decision, 1)
    }

    pub(super) fn with_seed(profile: EnrolleeProfile, decision: Decision, seed: u64) -> Direct {
        let mut rng = TestRng::new(seed);
        let registrar_addr = if matches!(profile.side, Side::Station) { AP } else { STATION };
        let (enrollee, m1) = Enrollee::start(profile, &mut rng).unwrap();
        let profile = RegistrarProfile { own: own(registrar_addr), quirks: Quirks::default() };
        let mut direct = Direct {
            enrollee,
            registrar: Registrar::new(profile),
            rng,
            enrollee_said: Vec::new(),
            registrar_said: Vec::new(),
            ignored: Vec::new(),
            way: Vec::new(),
            sent: Vec::new(),
            decision,
            is_alone: true,
        };
        direct.send(false, m1);
        direct
    }

    fn send(&mut self, to_enrollee: bool, outgoing: Outgoing) {
        self.sent.push((to_enrollee, outgoing.clone()));
        self.way.push((to_enrollee, outgoing));
    }

    pub(super) fn hand_enrollee(&mut self, outgoing: &Outgoing) -> bool {
        let enrollee = core::mem::replace(&mut self.enrollee, Enrollee::Ended);
        match enrollee.step(Some(outgoing.op), &outgoing.bytes, &mut self.rng) {
            Turn::Ignored(machine, why) => {
                self.enrollee = machine;
                self.ignored.push(why);
                false
            }
            Turn::Went { machine, send, events, question } => {
                assert_eq!(question, None);
                self.enrollee = machine;
                self.enrollee_said.extend(events);
                if let Some(send) = send {
                    self.send(false, send);
                }
                true
            }
        }
    }

    pub(super) fn hand_registrar(&mut self, outgoing: &Outgoing) -> bool {
        let registrar = core::mem::replace(&mut self.registrar, Registrar::Ended);
        let mut turn = registrar.step(Some(outgoing.op), &outgoing.bytes, &mut self.rng);
        loop {
            match turn {
                Turn::Ignored(machine, why) => {
                    self.registrar = machine;
                    self.ignored.push(why);
                    return false;
                }
                Turn::Went { machine, send, events, question } => {
                    self.registrar_said.extend(events);
                    if let Some(send) = send {
                        self.send(true, send);
                    }
                    turn = match question {
                        Some(Question::Enrollee(_)) => machine.decide(self.decision.clone(), &mut self.rng),
                        Some(Question::StillAlone(_)) => machine.go_on(self.is_alone, &mut self.rng),
                        None => {
                            self.registrar = machine;
                            return true;
                        }
                    };
                }
            }
        }
    }

    /// Carries one message; `false` if there is none.
    pub(super) fn carry(&mut self) -> bool {
        if self.way.is_empty() {
            return false;
        }
        let (to_enrollee, outgoing) = self.way.remove(0);
        if to_enrollee {
            self.hand_enrollee(&outgoing);
        } else {
            self.hand_registrar(&outgoing);
        }
        true
    }

    /// Until nothing is on its way.
    pub(super) fn run(&mut self) -> &mut Direct {
        while self.carry() {}
        self
    }

    pub(super) fn is_over(&self) -> bool {
        self.enrollee.is_over() && self.registrar.is_over()
    }

    pub(super) fn given(&self) -> Option<&Event> {
        self.enrollee_said.iter().find(|event| matches!(event, Event::Given(_)))
    }
}
