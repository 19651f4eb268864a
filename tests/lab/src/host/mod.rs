//! What runs on the machine as it is.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{During as _, Outcome};

pub mod boot;
pub mod check;
pub mod kernel;
pub mod needs;
pub mod play;
pub mod show;

/// Makes `folder` anew, empty.
fn fresh_folder(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder).during(|| format!("removal of {}", folder.display()))?;
    }
    fs::create_dir_all(folder).during(|| format!("making {}", folder.display()))
}

/// Cargo in the checkout, building into the folder this program is in.
fn cargo(arguments: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(check::checkout()).env("CARGO_TARGET_DIR", play::target()?).args(arguments);
    Ok(command)
}
