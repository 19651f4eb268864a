//! Words that clients of both daemons know.

use ipc_proto::ChannelWidth;

/// The width of a channel.
#[must_use]
pub const fn width(width: ChannelWidth) -> &'static str {
    match width {
        ChannelWidth::NoHt20 => "20 MHz (no HT)",
        ChannelWidth::Mhz20 => "20 MHz",
        ChannelWidth::Mhz40 => "40 MHz",
        ChannelWidth::Mhz80 => "80 MHz",
        ChannelWidth::Mhz80Plus80 => "80+80 MHz",
        ChannelWidth::Mhz160 => "160 MHz",
        ChannelWidth::Mhz320 => "320 MHz",
    }
}
