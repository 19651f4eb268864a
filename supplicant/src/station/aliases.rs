//! Names that an access point has given our password's identifier (`sae_password_id_change`): with another one each time,
//! nobody who listens can follow us by it.

use conf::station::NetworkId;

use super::Station;
use crate::control::settings;
use crate::outbox::Cx;

impl Station {
    /// The access point gave names to use from now on.
    pub(crate) fn take_aliases(&mut self, cx: &mut Cx<'_>, id: NetworkId, aliases: &[Vec<u8>]) {
        let text = format!("RSN: Received {} SAE Password Identifier(s)", aliases.len());
        self.say(cx, ctrl::LogLevel::Info, text);
        self.set_aliases(cx, id, aliases);
    }

    /// One of the names, at random.
    pub(crate) fn choose_alias(&self, cx: &mut Cx<'_>, id: NetworkId) -> Option<Vec<u8>> {
        let network = self.network(id).filter(|network| network.sae_password_id_change())?;
        let aliases = network.alt_sae_password_ids();
        let mut random = [0; 4];
        cx.rng.fill(&mut random);
        let at = usize::try_from(u32::from_le_bytes(random)).ok()?.checked_rem(aliases.len())?;
        aliases.into_iter().nth(at)
    }

    /// The access point does not know this one any more.
    pub(crate) fn forget_alias(&mut self, cx: &mut Cx<'_>, id: NetworkId, alias: &[u8]) {
        let Some(network) = self.network(id) else { return };
        let left: Vec<Vec<u8>> = network.alt_sae_password_ids().into_iter().filter(|one| one != alias).collect();
        self.set_aliases(cx, id, &left);
    }

    fn set_aliases(&mut self, cx: &mut Cx<'_>, id: NetworkId, aliases: &[Vec<u8>]) {
        let Some(network) = self.config.network_mut(id) else { return };
        network.set_alt_sae_password_ids(aliases);
        if self.config.globals.update_config() {
            settings::write(self, cx, None);
        }
    }
}
