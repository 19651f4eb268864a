use super::*;

const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xaa]);
const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

fn at(seconds: u64) -> Instant {
    Instant::from_origin(Duration::from_secs(seconds))
}

fn entry(network: u32, akm: AkmSuite, id: u8, expires: u64) -> PmksaEntry<u32> {
    PmksaEntry {
        pmkid: Pmkid([id; 16]),
        pmk: Pmk::from_bytes(&[id; 32]).unwrap(),
        akm,
        peer: AP,
        network,
        opportunistic: false,
        expires: at(expires),
    }
}

fn query(network: &u32, akm: AkmSuite) -> PmksaQuery<'_, u32> {
    PmksaQuery { network, akm, peer: AP, pmkid: None }
}

#[test]
fn an_association_serves_its_own_network_suite_and_peer_only() {
    let mut cache = PmksaCache::new(32);
    cache.insert(entry(1, AkmSuite::Sae, 7, 100));
    assert!(cache.find(&query(&1, AkmSuite::Sae), at(0)).is_some());
    let named = Some(Pmkid([7; 16]));
    assert!(cache.find(&PmksaQuery { pmkid: named, ..query(&1, AkmSuite::Sae) }, at(0)).is_some());
    assert!(cache.find(&PmksaQuery { pmkid: named, ..query(&2, AkmSuite::Sae) }, at(0)).is_none());
    assert!(cache.find(&PmksaQuery { pmkid: named, ..query(&1, AkmSuite::Psk) }, at(0)).is_none());
    assert!(cache.find(&PmksaQuery { pmkid: named, peer: STA, ..query(&1, AkmSuite::Sae) }, at(0)).is_none());
    assert!(cache.find(&PmksaQuery { pmkid: Some(Pmkid([8; 16])), ..query(&1, AkmSuite::Sae) }, at(0)).is_none());
}

#[test]
fn an_expired_association_is_never_found() {
    let mut cache = PmksaCache::new(32);
    cache.insert(entry(1, AkmSuite::Sae, 7, 100));
    assert!(cache.find(&query(&1, AkmSuite::Sae), at(100)).is_none());
    assert_eq!(cache.poll_deadline(), Some(at(100)));
    cache.handle_timeout(at(100));
    assert!(cache.is_empty());
}

#[test]
fn a_new_association_takes_the_place_of_the_old_one() {
    let mut cache = PmksaCache::new(32);
    cache.insert(entry(1, AkmSuite::Sae, 7, 100));
    cache.insert(entry(1, AkmSuite::Sae, 8, 50));
    assert_eq!(cache.len(), 1);
    assert_eq!(cache.iter().next().unwrap().pmkid, Pmkid([8; 16]));
}

#[test]
fn a_full_cache_loses_what_expires_first() {
    let mut cache = PmksaCache::new(PmksaCache::<u32>::STATION_CAPACITY);
    for network in 0..40 {
        cache.insert(entry(network, AkmSuite::Sae, network as u8, 100 + u64::from(network)));
    }
    assert_eq!(cache.len(), 32);
    assert!(cache.find(&query(&7, AkmSuite::Sae), at(0)).is_none());
    assert!(cache.find(&query(&8, AkmSuite::Sae), at(0)).is_some());
}

#[test]
fn opportunistic_caching_renames_the_key_for_the_other_access_point() {
    let mut cache = PmksaCache::new(32);
    cache.insert(entry(1, AkmSuite::Eap, 7, 100));
    let other = MacAddr([2, 0, 0, 0, 0, 0xbb]);
    let wanted = Pmkid::derive(AkmSuite::Eap, &Pmk::from_bytes(&[7; 32]).unwrap(), other, STA);
    let asked = PmksaQuery { peer: other, pmkid: wanted, ..query(&1, AkmSuite::Eap) };
    let found = cache.find_opportunistic(&asked, other, STA, at(0), |_| true).unwrap();
    assert!(found.opportunistic);
    assert_eq!(Some(found.pmkid), wanted);
    let elsewhere = PmksaQuery { peer: other, ..query(&2, AkmSuite::Eap) };
    assert!(cache.find_opportunistic(&elsewhere, other, STA, at(0), |_| true).is_none());
}

#[test]
fn opportunistic_caching_keeps_the_name_of_a_key_of_sae() {
    let mut cache = PmksaCache::new(32);
    cache.insert(entry(1, AkmSuite::Sae, 7, 100));
    let other = MacAddr([2, 0, 0, 0, 0, 0xbb]);
    let asked = PmksaQuery { peer: other, ..query(&1, AkmSuite::Sae) };
    assert!(cache.find_opportunistic(&asked, other, STA, at(0), |_| false).is_none());
    let found = cache.find_opportunistic(&asked, other, STA, at(0), |_| true).unwrap();
    assert_eq!((found.pmkid, found.opportunistic, found.expires), (Pmkid([7; 16]), true, at(100)));
    // The association it was made from is still there, until another takes its place.
    assert_eq!(cache.len(), 2);
    cache.insert(entry(1, AkmSuite::Sae, 8, 200));
    assert_eq!(cache.find(&query(&1, AkmSuite::Sae), at(0)).unwrap().pmkid, Pmkid([8; 16]));
}

#[test]
fn names_are_keyed_hashes_over_both_addresses() {
    let pmk = Pmk::from_bytes(&[1; 32]).unwrap();
    let sha1 = Pmkid::derive(AkmSuite::Psk, &pmk, AP, STA).unwrap();
    let sha256 = Pmkid::derive(AkmSuite::PskSha256, &pmk, AP, STA).unwrap();
    assert_ne!(sha1, sha256);
    assert_ne!(Pmkid::derive(AkmSuite::Psk, &pmk, STA, AP), Some(sha1));
    assert_eq!(Pmkid::derive(AkmSuite::Sae, &pmk, AP, STA), None);
}
