//! What runs inside a guest.

pub mod air;
pub mod asks;
pub mod asks_post;
pub mod attacks;
pub mod bench;
pub mod control;
pub mod courier;
pub mod demo;
pub mod hostile;
pub mod hwsim;
pub mod init;
pub mod inside;
pub mod lab;
pub mod networks;
pub mod process;
pub mod program;
pub mod station;
pub mod stranger;
pub mod systemd;
pub mod wired;
