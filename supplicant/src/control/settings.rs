//! SET and GET, and the configuration file.

use std::time::Duration;

use conf::Change;
use conf::param::Effect;
use conf::station::{Globals, StationConfig};
use ctrl::reply;
use ctrl::station::RuntimeSetting;
use daemon::Output;
use ipc_proto::Request;
use ipc_proto::post::ClientId;

use super::Answer;
use crate::interface::Interface;
use crate::outbox::{Cx, FileJob, Purpose};

pub(super) fn set(interface: &mut Interface, cx: &mut Cx<'_>, name: &str, value: &[u8]) -> Answer {
    #[cfg(feature = "testing")]
    if let Some(done) = interface.set_hook(name, value) {
        return Answer::of(done);
    }
    if let Some(setting) = RuntimeSetting::parse(name, value) {
        return match setting {
            Ok(setting) => set_runtime(interface, cx, setting),
            Err(error) => Answer::text(error.reply()),
        };
    }
    match interface.change(|config| config.globals.set(name.as_bytes(), value)) {
        Ok(change) => {
            if change == Change::Changed {
                changed(interface, cx, Globals::on_change(name.as_bytes()));
            }
            Answer::ok()
        }
        Err(error) => {
            tracing::info!("{}: SET {}: {error}", interface.ifname(), name.escape_debug());
            Answer::fail()
        }
    }
}

/// A global parameter has another value.
fn changed(interface: &mut Interface, cx: &mut Cx<'_>, effect: Effect) {
    match effect {
        Effect::Country => {
            if let Some(alpha2) = interface.config().globals.country() {
                cx.out.request(interface.key, Purpose::Told("setting the country"), Request::SetCountry { alpha2 });
            }
        }
        Effect::Keys | Effect::Secrets => {
            interface.drive(cx, |engine, _| engine.secrets_changed(None));
        }
        Effect::Nothing
        | Effect::Next
        | Effect::AtOnce
        | Effect::List
        | Effect::Sockets
        | Effect::Reload
        | Effect::Start => {}
    }
}

fn set_runtime(interface: &mut Interface, cx: &mut Cx<'_>, setting: RuntimeSetting) -> Answer {
    use RuntimeSetting as S;
    match setting {
        S::PmkLifetime(seconds) => {
            let lifetime = Duration::from_secs(seconds.into());
            interface.change_runtime(|runtime| runtime.pmk_lifetime = Some(lifetime));
        }
        S::PmkReauthThreshold(percent) => interface.change_runtime(|runtime| runtime.pmk_threshold = percent),
        S::BssidFilter(list) => interface.change_runtime(|runtime| runtime.bssid_filter = list),
        S::DisallowAps { bssids, ssids } => {
            interface.change_runtime(|runtime| {
                runtime.disallowed_bssids = bssids;
                runtime.disallowed_ssids = ssids;
            });
            interface.drive(cx, sta::Engine::leave_avoided);
        }
        S::Roaming(on) => interface.change_runtime(|runtime| runtime.roaming = on),
        S::DisableSaQuery(on) => interface.change_runtime(|runtime| runtime.sa_query_off = on),
        S::PowerSave(value) => {
            interface.request(cx, Purpose::Told("setting power save"), |handle| Request::SetPowerSave {
                handle,
                enabled: value != 0,
            });
        }
        S::Blob { name, bytes } => {
            interface.change(|config| config.blobs.insert(name, bytes));
        }
        // These are for builds with test hooks: whoever asks is told that they are not there.
        S::ExtEapolFrameIo(on) if cfg!(feature = "testing") => {
            interface.change_runtime(|runtime| runtime.eapol_outside = on);
        }
        S::ExtMgmtFrameHandling(true) | S::ExtEapolFrameIo(true) => return Answer::fail(),
        S::RadioDisabled(true) | S::Pno(true) => return Answer::fail(),
        S::ExtMgmtFrameHandling(false)
        | S::ExtEapolFrameIo(false)
        | S::RadioDisabled(false)
        | S::Pno(false)
        | S::SaTimeout(_)
        | S::Eapol { .. }
        | S::NoKeepAlive(_)
        | S::Other("uapsd" | "ampdu" | "EAPOL::portControl" | "tdls_disabled" | "setband" | "wps_version_number") => {}
        S::Other(_) => return Answer::fail(),
    }
    Answer::ok()
}

pub(super) fn get(interface: &Interface, name: &str) -> Answer {
    if name == "version" {
        return Answer::text(concat!("airlock-", env!("CARGO_PKG_VERSION")));
    }
    #[cfg(feature = "testing")]
    if let Some(text) = interface.get_hook(name) {
        return Answer::text(text);
    }
    interface.config().globals.get(name.as_bytes()).map_or_else(Answer::fail, Answer::text)
}

pub(super) fn log_level(cx: &mut Cx<'_>, level: Option<ctrl::LogLevel>, timestamp: Option<bool>) -> Answer {
    if level.is_none() && timestamp.is_none() {
        let level = cx.out.log_level.unwrap_or(ctrl::LogLevel::Info);
        return Answer::text(ctrl::log::log_level_reply(level, cx.out.log_timestamps));
    }
    let level = level.unwrap_or(cx.out.log_level.unwrap_or(ctrl::LogLevel::Info));
    cx.out.log_level = Some(level);
    if let Some(on) = timestamp {
        cx.out.log_timestamps = on;
    }
    use ctrl::LogLevel as L;
    use daemon::log::Level as D;
    let level = match level {
        L::Excessive => D::Excessive,
        L::MsgDump => D::MsgDump,
        L::Debug => D::Debug,
        L::Info => D::Info,
        L::Warning => D::Warning,
        L::Error => D::Error,
    };
    cx.out.push(Output::SetLogLevel { level, timestamps: timestamp });
    Answer::ok()
}

pub(super) fn vendor_remove(interface: &mut Interface, frame: u8, elements: Option<Vec<u8>>) -> Answer {
    Answer::of(interface.change_runtime(|runtime| {
        let Some(present) = runtime.vendor_elements.get_mut(&frame) else { return elements.is_none() };
        let Some(gone) = elements else {
            runtime.vendor_elements.remove(&frame);
            return true;
        };
        if gone.is_empty() {
            return false;
        }
        let at = present.windows(gone.len()).position(|window| window == gone.as_slice());
        if let Some(at) = at {
            present.drain(at..at.saturating_add(gone.len()));
        }
        at.is_some()
    }))
}

/// An absolute path: the post knows no working directory.
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

pub(super) fn save(interface: &mut Interface, cx: &mut Cx<'_>, client: ClientId) -> Answer {
    if !interface.config().globals.update_config() {
        tracing::info!("{}: SAVE_CONFIG refused: update_config is not set", interface.ifname());
        return Answer::fail();
    }
    if write(interface, cx, Some(client)) { Answer::Later } else { Answer::fail() }
}

/// Writes the configuration file; false if there is none, or nobody who could.
pub(crate) fn write(interface: &Interface, cx: &mut Cx<'_>, client: Option<ClientId>) -> bool {
    let Some(path) = interface.origin.config_path.as_deref().filter(|_| cx.out.post_up) else { return false };
    cx.out.write_file((interface.key, FileJob::Save(client)), absolute(path), interface.config().to_text());
    true
}

/// The configuration file was replaced, or not.
pub(crate) fn saved(interface: &mut Interface, cx: &mut Cx<'_>, client: Option<ClientId>, result: Result<(), String>) {
    let done = result.is_ok();
    if let Err(why) = result {
        tracing::error!("{}: the configuration cannot be saved: {why}", interface.ifname());
    }
    if let Some(client) = client {
        cx.out.reply(client, if done { reply::OK } else { reply::FAIL });
    }
}

/// Reads the configuration file again.
pub(crate) fn reconfigure(interface: &mut Interface, cx: &mut Cx<'_>, client: Option<ClientId>) -> Answer {
    let Some(path) = interface.origin.config_path.clone() else { return Answer::fail() };
    cx.out.read_file((interface.key, FileJob::Reconfigure(client)), absolute(&path));
    Answer::Later
}

/// The file was read, or not.
pub(crate) fn reconfigured(interface: &mut Interface, cx: &mut Cx<'_>, job: FileJob, result: Result<Vec<u8>, String>) {
    let (client, more) = match job {
        FileJob::Reconfigure(client) => (client, false),
        FileJob::ReconfigureMore(client) => (client, true),
        FileJob::Save(_) | FileJob::AddInterface(_) => return,
    };
    let path = if more { interface.origin.more_path.clone() } else { interface.origin.config_path.clone() };
    let path = path.unwrap_or_default();
    let answer = |cx: &mut Cx<'_>, text: &[u8]| {
        if let Some(client) = client {
            cx.out.reply(client, text);
        }
    };
    let parsed = match result {
        Err(why) => Err(format!("{path}: {why}")),
        Ok(contents) if more => match interface.change(|config| config.read(&path, &contents, true)) {
            Ok(notices) => Ok((None, notices)),
            Err(rejected) => Err(rejected.to_string()),
        },
        Ok(contents) => match StationConfig::parse(&path, &contents) {
            Ok((config, notices)) => Ok((Some(config), notices)),
            Err(rejected) => Err(rejected.to_string()),
        },
    };
    let (config, notices) = match parsed {
        Ok(parsed) => parsed,
        Err(why) => {
            tracing::error!("{}: the configuration stays as it was:\n{why}", interface.ifname());
            answer(cx, reply::FAIL);
            return;
        }
    };
    for notice in notices {
        tracing::warn!("{notice}");
    }
    if let Some(mut config) = config {
        if let Some(control) = interface.config().globals.get(b"ctrl_interface") {
            // The socket stays where clients have found it.
            config.globals.set_control_interface(&String::from_utf8_lossy(&control));
        }
        interface.drive(cx, |engine, cx| {
            engine.give_back(cx);
            engine.forget_history();
        });
        interface.replace_config(config);
        if let Some(more) = interface.origin.more_path.clone() {
            cx.out.read_file((interface.key, FileJob::ReconfigureMore(client)), absolute(&more));
            return;
        }
    }
    tracing::info!("{}: configuration read again", interface.ifname());
    interface.drive(cx, |engine, cx| {
        engine.forget_failures();
        engine.connect_or_scan(cx);
    });
    answer(cx, reply::OK);
}
