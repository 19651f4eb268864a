//! The registration protocol (8.3): [`Enrollee`] and [`Registrar`], each a machine whose states are consumed.
//!
//! What is not authentic is passed over and changes nothing. Two things cannot be: M2, which brings the key that proves
//! it, and WSC_NACK, which has none: whoever hears the nonces can end a run, as with a loud noise.

mod enrollee;
mod registrar;
mod run;
mod turn;

pub use enrollee::{Enrollee, EnrolleeProfile, Setup, Side};
pub use registrar::{Decision, Grant, Offer, Registrar, RegistrarProfile};
pub use turn::{Event, Given, Question, Registered, Turn};
