//! Channel switches (IEEE Std 802.11-2020 11.8.8).

use alloc::vec::Vec;

use crate::change::Change;
use ipc_proto::{ChannelDefinition, Request};
use wire::channel::number_of;
use wire::element::id;

use crate::Operating;
use crate::bss::{Bss, Condition, Tag};

/// A switch under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Where to.
    pub to: Operating,
}

impl Bss {
    /// Announces a switch; false if the channel is not one of the radio's or another switch is under way.
    pub fn switch_channel(&mut self, channel: ChannelDefinition, count: u8, block_tx: bool) -> bool {
        let Some(to) = self.config.operating.moved(&self.config.radio, &self.config.wiphy, channel) else {
            return false;
        };
        if self.condition != Condition::Running || self.switch.is_some() {
            return false;
        }
        // The announcement is the first element behind the TIM: mode, new channel, count (9.4.2.18).
        let mut beacon = self.builder().beacon();
        let mut tail: Vec<u8> = alloc::vec![id::CHANNEL_SWITCH, 3, u8::from(block_tx), to.number, count];
        tail.append(&mut beacon.tail);
        beacon.tail = tail;
        let now = core::mem::replace(&mut self.config.operating, to.clone());
        let after = self.builder().beacon();
        self.config.operating = now;
        self.switch = Some(Switch { to });
        let handle = self.config.handle;
        self.request(
            Tag::Switch,
            Request::SwitchChannel {
                handle,
                channel,
                count,
                block_tx,
                beacon,
                counter_offsets: [4].into(),
                after,
                link: None,
            },
        );
        true
    }

    /// The channel changed: announced by us, or by the kernel for another BSS of the radio.
    pub(crate) fn handle_switched(&mut self, channel: ChannelDefinition) {
        let to = match self.switch.take() {
            Some(switch) if switch.to.definition.freq == channel.freq => Some(switch.to),
            Some(_) | None => self.config.operating.moved(&self.config.radio, &self.config.wiphy, channel),
        };
        let Some(to) = to else { return };
        if self.config.operating == to {
            return;
        }
        self.config.operating = to;
        let (ht, secondary) = (self.config.operating.ht, self.config.operating.secondary);
        self.tell(Change::Switched { channel, ht, secondary });
        if number_of(channel.freq).is_some() {
            self.update_beacon();
        }
    }
}
