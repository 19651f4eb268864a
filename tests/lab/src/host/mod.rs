//! What runs on the machine as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{During as _, Failure, Outcome};

pub mod boot;
pub mod check;
pub mod eap;
pub mod image;
pub mod kernel;
pub mod needs;
pub mod play;
pub mod show;
pub mod walls;

/// What guests are made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Their kernel.
    pub kernel: kernel::Kernel,
    /// Their root.
    pub image: image::Image,
}

impl Parts {
    /// Those that are kept, else made now.
    pub fn get() -> Outcome<Self> {
        needs::root()?;
        Ok(Self { kernel: kernel::Kernel::get()?, image: image::Image::get()? })
    }
}

/// Where kernels and images are kept.
fn cache() -> Outcome<PathBuf> {
    let base = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        _ => return Err(Failure::new("neither XDG_CACHE_HOME nor HOME says where to keep kernel and image")),
    };
    Ok(base.join("airlock"))
}

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
