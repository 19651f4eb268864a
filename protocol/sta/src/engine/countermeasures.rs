//! Countermeasures of TKIP: what a frame with a wrong MIC leads to.

use core::time::Duration;

use rsn::CipherSuite;
use wire::ReasonCode;

use super::{Cx, Engine};
use crate::change::Change;
use crate::link::Input;
use crate::output::Level;

impl Engine {
    /// A frame had a wrong MIC: the access point is told (12.3.3.4.2), and left if that was the second one.
    pub(crate) fn michael_failure(&mut self, cx: &mut Cx<'_>, group: bool) {
        let Some(target) = self.target().filter(|_| self.associated_since().is_some()) else { return };
        let cipher = target.negotiated.as_ref().map(|agreed| if group { agreed.group } else { agreed.pairwise });
        if cipher != Some(CipherSuite::Tkip) {
            self.out.log(Level::Debug, "a wrong MIC where TKIP is not used".into());
            return;
        }
        let bssid = target.bssid;
        self.out.log(Level::Warning, "a TKIP frame with a wrong MIC".into());
        self.drive(cx, Input::MicFailure { group });
        if !self.parts.countermeasures.add_failure(cx.now) {
            return;
        }
        self.out.tell(Change::Countermeasures(true));
        self.history.ignored.add(bssid, cx.now);
        self.leave(cx, ReasonCode::MIC_FAILURE);
        // Another network, or another access point, may do without TKIP.
        self.look(cx, Duration::from_millis(100));
    }

    pub(crate) fn countermeasures_timeout(&mut self, cx: &mut Cx<'_>) {
        if self.parts.countermeasures.end(cx.now) {
            self.out.tell(Change::Countermeasures(false));
            self.scan.restart();
            if self.is_idle() {
                self.look(cx, Duration::ZERO);
            }
        }
    }
}
