//! A home network in memory: subscribers with their keys, pseudonyms and sessions.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crypto::Rng;

use super::milenage::Milenage;
use super::{SimSession, SubscriberAnswer, SubscriberAsk, SubscriberNews};

/// Subscribers by permanent identity, without realm.
#[derive(Debug, Default)]
pub struct Home {
    subscribers: BTreeMap<Vec<u8>, Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    card: Milenage,
    /// The sequence number that was used last.
    sequence: u64,
    /// The one that was given last, and the one before it: the newest may have been lost on its way.
    pseudonyms: [Option<Vec<u8>>; 2],
    session: Option<SimSession>,
}

/// What stands before the realm.
fn user(identity: &[u8]) -> &[u8] {
    identity.split(|octet| *octet == b'@').next().unwrap_or_default()
}

impl Home {
    /// A network without subscribers.
    #[must_use]
    pub const fn new() -> Home {
        Home { subscribers: BTreeMap::new() }
    }

    /// Adds a subscriber, or puts one in the place of another. The identity has its leading digit and may have a realm.
    pub fn add(&mut self, permanent: &[u8], card: Milenage, sequence: u64) {
        let subscriber = Subscriber { card, sequence, pseudonyms: [None, None], session: None };
        self.subscribers.insert(user(permanent).to_vec(), subscriber);
    }

    /// What is to be said to a server's question.
    pub fn answer(&mut self, ask: &SubscriberAsk, rng: &mut dyn Rng) -> SubscriberAnswer {
        match ask {
            SubscriberAsk::Who(identity) => self.who(identity),
            SubscriberAsk::Triplets(permanent) => {
                self.subscribers.get(user(permanent)).map_or(SubscriberAnswer::Unknown, |subscriber| {
                    let triplets = (0..3).map(|_| {
                        let mut rand = [0; 16];
                        rng.fill(&mut rand);
                        subscriber.card.triplet(rand)
                    });
                    SubscriberAnswer::Triplets(triplets.collect())
                })
            }
            SubscriberAsk::Quintet { permanent, separated, resynchronise } => {
                let Some(subscriber) = self.subscribers.get_mut(user(permanent)) else {
                    return SubscriberAnswer::Unknown;
                };
                if let Some((rand, auts)) = resynchronise {
                    let Some(sequence) = subscriber.card.resynchronise(rand, auts) else {
                        return SubscriberAnswer::Unknown;
                    };
                    subscriber.sequence = sequence;
                }
                subscriber.sequence = Milenage::next(subscriber.sequence);
                SubscriberAnswer::Quintet(subscriber.card.quintet(rng, subscriber.sequence, *separated))
            }
        }
    }

    fn who(&mut self, identity: &[u8]) -> SubscriberAnswer {
        let name = user(identity);
        if self.subscribers.contains_key(name) {
            return SubscriberAnswer::Permanent(identity.to_vec());
        }
        for (permanent, subscriber) in &mut self.subscribers {
            if subscriber.pseudonyms.iter().flatten().any(|pseudonym| user(pseudonym) == name) {
                return SubscriberAnswer::Permanent(permanent.clone());
            }
            let session = subscriber.session.take_if(|session| user(&session.identity) == name);
            if let Some(session) = session {
                return SubscriberAnswer::Session { permanent: permanent.clone(), session };
            }
        }
        SubscriberAnswer::Unknown
    }

    /// Keeps what a server has learned.
    pub fn remember(&mut self, news: &SubscriberNews) {
        if let Some(subscriber) = self.subscribers.get_mut(user(&news.permanent)) {
            if let Some(pseudonym) = &news.pseudonym {
                subscriber.pseudonyms.swap(0, 1);
                let [newest, _] = &mut subscriber.pseudonyms;
                *newest = Some(pseudonym.clone());
            }
            subscriber.session.clone_from(&news.session);
        }
    }
}
