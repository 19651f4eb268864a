//! Wi-Fi Direct: frames of strangers.

use p2p::attributes::Attributes;
use p2p::frame::{Content, Frame};
use wire::Writer;

/// Elements and action frames: whatever is read is written again and read the same.
pub(crate) fn frames(data: &[u8]) {
    if let Ok(content) = Content::parse(data) {
        let mut writer = Writer::new();
        if content.write(&mut writer).is_ok()
            && let Ok(written) = writer.finish()
        {
            assert_eq!(Content::parse(&written), Ok(content), "elements change when they are written again");
        }
    }
    if let Ok(attributes) = Attributes::parse(data)
        && let Ok(written) = attributes.write()
    {
        assert_eq!(Attributes::parse(&written), Ok(attributes), "attributes change when they are written again");
    }
    if let Ok(Some(frame)) = Frame::parse(data)
        && let Ok(written) = frame.write()
    {
        assert_eq!(Frame::parse(&written), Ok(Some(frame)), "a frame changes when it is written again");
    }
}
