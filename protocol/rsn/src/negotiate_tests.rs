use super::*;

fn offer(elements: &ApElements) -> ApOffer<'_> {
    ApOffer { rsne: elements.rsne.as_deref(), rsnxe: elements.rsnxe.as_deref(), wpa: elements.wpa.as_deref() }
}

/// Both sides: what the station chooses must be what the access point accepts.
fn agree(
    station: &StationPolicy,
    ap: &ApPolicy,
) -> Result<(Negotiated, Negotiated), (Option<Mismatch>, Option<Refusal>)> {
    let elements = ap.elements();
    let ours = station.choose(&offer(&elements)).map_err(|why| (Some(why), None))?;
    let element = ours.station_element(&[]);
    let theirs = ap.accept(&element, ours.station_rsnxe().as_deref()).map_err(|why| (None, Some(why)))?;
    assert_eq!(
        (ours.protocol, ours.akm, ours.pairwise, ours.group, ours.pmf, ours.group_management, ours.h2e),
        (theirs.protocol, theirs.akm, theirs.pairwise, theirs.group, theirs.pmf, theirs.group_management, theirs.h2e)
    );
    Ok((ours, theirs))
}

#[test]
fn sae_wins_over_psk_in_transition_mode() {
    let ap = ApPolicy::rsn(&[AkmSuite::Psk, AkmSuite::Sae], Pmf::Optional);
    let (ours, _) = agree(&StationPolicy::personal(), &ap).unwrap();
    assert_eq!((ours.akm, ours.pmf, ours.h2e), (AkmSuite::Sae, true, true));
    assert_eq!(ours.group_management, Some(CipherSuite::BipCmac128));
    let old = StationPolicy { akms: [AkmSuite::Psk].into(), pmf: Pmf::Disabled, ..StationPolicy::personal() };
    let (ours, _) = agree(&old, &ap).unwrap();
    assert_eq!((ours.akm, ours.pmf), (AkmSuite::Psk, false));
}

#[test]
fn pmf_required_by_one_side_and_missing_on_the_other_is_said_by_both() {
    let requires = StationPolicy { pmf: Pmf::Required, ..StationPolicy::personal() };
    let cannot = ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Disabled);
    assert_eq!(agree(&requires, &cannot).unwrap_err().0, Some(Mismatch::PmfMissing));

    let refuses = StationPolicy { pmf: Pmf::Disabled, ..StationPolicy::personal() };
    let demands = ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Required);
    assert_eq!(agree(&refuses, &demands).unwrap_err().0, Some(Mismatch::PmfRequired));
    let plain = agree(&refuses, &cannot).unwrap().0.station_element(&[]);
    assert_eq!(demands.accept(&plain, None).unwrap_err().status, StatusCode::ROBUST_MANAGEMENT_POLICY);
}

#[test]
fn sae_without_pmf_is_refused_where_configured() {
    let station = StationPolicy { pmf: Pmf::Disabled, ..StationPolicy::personal() };
    let mut ap = ApPolicy::rsn(&[AkmSuite::Psk, AkmSuite::Sae], Pmf::Optional);
    assert!(agree(&station, &ap).is_ok());
    ap.sae_requires_pmf = true;
    assert_eq!(agree(&station, &ap).unwrap_err().1.unwrap().status, StatusCode::ROBUST_MANAGEMENT_POLICY);
    let careful = StationPolicy { sae_needs_pmf: true, ..station };
    assert_eq!(agree(&careful, &ap).unwrap().0.akm, AkmSuite::Psk);
}

#[test]
fn each_mismatch_of_the_station_has_its_status() {
    let ap = ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Optional);
    let right = StationPolicy::personal().choose(&offer(&ap.elements())).unwrap();
    let status = |change: fn(&mut Negotiated)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        ap.accept(&wrong.station_element(&[]), None).unwrap_err().status
    };
    assert_eq!(status(|n| n.group = CipherSuite::Tkip), StatusCode::GROUP_CIPHER_INVALID);
    assert_eq!(status(|n| n.pairwise = CipherSuite::Gcmp256), StatusCode::PAIRWISE_CIPHER_INVALID);
    assert_eq!(status(|n| n.akm = AkmSuite::Sae), StatusCode::AKMP_INVALID);
    assert_eq!(status(|n| n.group_management = Some(CipherSuite::BipGmac256)), StatusCode::CIPHER_REJECTED);
    assert_eq!(status(|n| n.protocol = Protocol::Wpa), StatusCode::INVALID_ELEMENT);
    assert_eq!(ap.accept(&[48, 2, 2, 0], None).unwrap_err().status, StatusCode::UNSUPPORTED_RSNE_VERSION);
    assert_eq!(ap.accept(&[48, 1, 1], None).unwrap_err().status, StatusCode::INVALID_ELEMENT);
    assert_eq!(ap.accept(&[], None).unwrap_err().status, StatusCode::INVALID_ELEMENT);
}

#[test]
fn wpa_is_chosen_only_when_allowed_and_rsn_does_not_do() {
    let mut ap = ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Disabled);
    ap.protocols = [Protocol::Wpa].into();
    ap.wpa_pairwise = [CipherSuite::Tkip].into();
    ap.group = CipherSuite::Tkip;
    let mut station = StationPolicy::personal();
    assert_eq!(agree(&station, &ap).unwrap_err().0, Some(Mismatch::ProtocolNotAllowed(Protocol::Wpa)));
    station.protocols.push(Protocol::Wpa);
    assert_eq!(agree(&station, &ap).unwrap_err().0, Some(Mismatch::Pairwise));
    station.pairwise.push(CipherSuite::Tkip);
    assert_eq!(agree(&station, &ap).unwrap().0.protocol, Protocol::Wpa);
    ap.protocols.push(Protocol::Rsn);
    assert_eq!(agree(&station, &ap).unwrap().0.protocol, Protocol::Rsn);
}

#[test]
fn hash_to_element_only_stations_pass_by_networks_without_it() {
    let station =
        StationPolicy { sae_pwe: SaePwe::HashToElement, akms: [AkmSuite::Sae].into(), ..StationPolicy::personal() };
    let mut ap = ApPolicy::rsn(&[AkmSuite::Sae], Pmf::Required);
    ap.sae_pwe = SaePwe::HuntAndPeck;
    assert_eq!(agree(&station, &ap).unwrap_err().0, Some(Mismatch::Akm));
    ap.sae_pwe = SaePwe::Both;
    assert!(agree(&station, &ap).unwrap().1.h2e);
}

#[test]
fn the_group_cipher_is_the_weakest_pairwise_cipher() {
    assert_eq!(ApPolicy::group_for(&[CipherSuite::Ccmp128, CipherSuite::Tkip]), CipherSuite::Tkip);
    assert_eq!(ApPolicy::group_for(&[CipherSuite::Gcmp256, CipherSuite::Ccmp128]), CipherSuite::Ccmp128);
    assert_eq!(ApPolicy::group_for(&[CipherSuite::Gcmp256]), CipherSuite::Gcmp256);
}

#[test]
fn longer_keys_need_hash_to_element_and_nothing_else_turns_it_on() {
    let longer = ApPolicy { sae_pwe: SaePwe::HuntAndPeck, ..ApPolicy::rsn(&[AkmSuite::SaeExt], Pmf::Required) };
    let station = |akm, sae_pwe| StationPolicy { akms: [akm].into(), sae_pwe, ..StationPolicy::personal() };
    let (ours, _) = agree(&station(AkmSuite::SaeExt, SaePwe::HuntAndPeck), &longer).unwrap();
    assert!(ours.h2e && ours.rsnxe.has(Rsnxe::SAE_H2E));
    // Forbidden here, or not known there: no such suite.
    let forbidden = agree(&station(AkmSuite::SaeExt, SaePwe::ForceHuntAndPeck), &longer);
    assert_eq!(forbidden.unwrap_err().0, Some(Mismatch::Akm));
    let unable = ApPolicy { sae_pwe: SaePwe::ForceHuntAndPeck, ..longer };
    let unknown = agree(&station(AkmSuite::SaeExt, SaePwe::Both), &unable);
    assert_eq!(unknown.unwrap_err().0, Some(Mismatch::Akm));
    // The older suite is left as sae_pwe has it.
    let both = ApPolicy { sae_pwe: SaePwe::Both, ..ApPolicy::rsn(&[AkmSuite::Sae, AkmSuite::SaeExt], Pmf::Required) };
    let (ours, _) = agree(&station(AkmSuite::Sae, SaePwe::HuntAndPeck), &both).unwrap();
    assert!(!ours.h2e && !ours.rsnxe.has(Rsnxe::SAE_H2E));
}

#[test]
fn with_qos_each_priority_has_its_replay_counter() {
    let ap = ApPolicy { wmm: true, ..ApPolicy::rsn(&[AkmSuite::Psk], Pmf::Disabled) };
    let told = Rsne::parse_element(ap.elements().rsne.as_deref().unwrap()).unwrap();
    assert_eq!(told.capabilities.ptksa_replay_counters(), 16);
    let station = StationPolicy { wmm: true, pmf: Pmf::Disabled, ..StationPolicy::personal() };
    let chosen = station.choose(&offer(&ap.elements())).unwrap();
    assert_eq!(chosen.station_element(&[]), ap.elements().rsne.unwrap());
    assert_eq!(chosen.capabilities, RsnCapabilities::PTKSA_16_COUNTERS);
}
