//! The stories. Each is a function named after what happens in it; [`all`] is the one table of them.

use crate::failure::Outcome;
use crate::guest::lab::Lab;

pub mod attacks;
pub mod beginnings;
pub mod busy_access_points;
pub mod command_lines;
pub mod commands;
pub mod configuration;
pub mod controls;
pub mod couriers;
pub mod drivers_that_connect;
pub mod hostile_clients;
pub mod keys;
pub mod large_files;
pub mod lost_events;
pub mod our_access_point_with_debian;
pub mod our_access_point_with_iwd;
pub mod our_station_with_debian;
pub mod ours_with_ours;
pub mod own_user;
pub mod privd_killed;
pub mod roaming;
pub mod scripts;
pub mod secrets;
pub mod separation;
pub mod served_by_a_station;
pub mod taken_over;
pub mod trouble;
pub mod units;
pub mod wpa3;

/// The demonstration's name.
pub const DEMO: &str = "demo";
/// The measurements' name.
pub const BENCH: &str = "bench";

/// One story.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Its name.
    pub name: &'static str,
    /// How many radios the guest has at boot.
    pub radios: u32,
    /// Is Debian's systemd the guest's first process, with our units installed?
    pub systemd: bool,
    /// What happens.
    pub play: fn(&mut Lab) -> Outcome,
}

/// Makes a table of stories out of functions.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        &[$($crate::scenarios::Story { name: stringify!($name), radios: 3, systemd: false, play: $name }),+]
    };
    (systemd: $($name:ident),+ $(,)?) => {
        &[$($crate::scenarios::Story { name: stringify!($name), radios: 3, systemd: true, play: $name }),+]
    };
}
pub(crate) use stories;

/// Makes stories of one shape: a name, whose station, whose access point, which network.
macro_rules! joins {
    ($($(#[$doc:meta])* $name:ident: $station:ident, $access_point:ident, $network:expr;)+) => {
        $(
            $(#[$doc])*
            pub fn $name(lab: &mut $crate::guest::lab::Lab) -> $crate::failure::Outcome {
                use $crate::guest::lab::Maker;
                $crate::guest::station::join(lab, Maker::$station, Maker::$access_point, &$network).map(drop)
            }
        )+
        /// The stories of this file.
        pub const STORIES: &[$crate::scenarios::Story] = $crate::scenarios::stories![$($name),+];
    };
}
pub(crate) use joins;

/// Every story there is.
#[must_use]
pub fn all() -> Vec<Story> {
    [
        controls::STORIES,
        couriers::STORIES,
        ours_with_ours::STORIES,
        our_station_with_debian::STORIES,
        our_access_point_with_debian::STORIES,
        our_access_point_with_iwd::STORIES,
        keys::STORIES,
        roaming::STORIES,
        drivers_that_connect::STORIES,
        lost_events::STORIES,
        trouble::STORIES,
        wpa3::STORIES,
        privd_killed::STORIES,
        scripts::STORIES,
        secrets::STORIES,
        separation::STORIES,
        units::STORIES,
        taken_over::STORIES,
        taken_over::UNITS,
        own_user::STORIES,
        beginnings::STORIES,
        hostile_clients::STORIES,
        attacks::STORIES,
        commands::STORIES,
        large_files::STORIES,
        command_lines::STORIES,
        served_by_a_station::STORIES,
        configuration::STORIES,
        busy_access_points::STORIES,
        busy_access_points::MORE,
    ]
    .concat()
}

/// The stories whose name contains one of `patterns`, or all where there are none.
#[must_use]
pub fn matching(patterns: &[String]) -> Vec<Story> {
    let wanted = |name: &str| patterns.is_empty() || patterns.iter().any(|pattern| name.contains(pattern.as_str()));
    all().into_iter().filter(|story| wanted(story.name)).collect()
}

/// The story of this name, the two special ones included.
#[must_use]
pub fn find(name: &str) -> Option<Story> {
    let special = [
        Story { name: DEMO, radios: 4, systemd: false, play: crate::guest::demo::play },
        Story { name: BENCH, radios: 4, systemd: false, play: crate::guest::bench::play },
    ];
    all().into_iter().chain(special).find(|story| story.name == name)
}
