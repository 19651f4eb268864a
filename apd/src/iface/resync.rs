//! Events of the kernel were lost: what is true now?

use crypto::Rng;
use ipc_proto::{Event, Failure, LinkInfo, Reply, Request};
use tracing::warn;
use wire::Instant;

use super::{Iface, State};
use crate::outbox::{BssId, Outbox, Purpose};

impl Iface {
    /// Asks for everything that events would have told: the link, the channel and the stations of each BSS.
    pub(crate) fn resync(&mut self, out: &mut Outbox) {
        warn!("{}: events of the kernel were lost; looking at everything anew", self.name());
        let (iface, attempt) = (self.id, self.attempt);
        for slot in &mut self.slots {
            let (bss, Some(handle)) = (slot.id, slot.handle) else { continue };
            out.request(Purpose::Link { iface, attempt, bss }, Request::LinkState { handle });
            if let Some(engine) = &mut slot.engine {
                engine.resync();
            }
        }
        self.drain(out);
    }

    /// What is true: what events would have said of it is done.
    pub(crate) fn link_known(
        &mut self,
        bss: BssId,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let Some(bss) = self.index_of(bss) else { return };
        let Some(handle) = self.own_handle(bss) else { return };
        let LinkInfo { up, addr, ssid, channel, .. } = match result {
            Ok(Reply::Link(link)) => link,
            Ok(_) => return,
            Err(failure) => {
                warn!("{}: its link cannot be looked at: {failure}", self.bss_name(bss));
                return;
            }
        };
        self.event(&Event::LinkChanged { handle, up, carrier: up, addr }, out, now, rng);
        if !up || self.state != State::Enabled || self.own_handle(bss) != Some(handle) {
            return;
        }
        let engine = self.slots.get(bss).and_then(|slot| slot.engine.as_ref());
        let on = engine.map(|engine| engine.operating().definition.freq);
        if ssid.is_none() {
            self.event(&Event::ApStopped { handle, link: None }, out, now, rng);
        } else if let Some(channel) = channel
            && on != Some(channel.freq)
        {
            self.event(&Event::ChannelSwitched { handle, channel, link: None }, out, now, rng);
        }
    }
}
