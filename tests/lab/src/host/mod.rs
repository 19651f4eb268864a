//! What runs on the machine as it is.

use std::fs;
use std::path::Path;

use crate::failure::{During as _, Outcome};

pub mod boot;
pub mod kernel;
pub mod needs;
pub mod play;

/// Makes `folder` anew, empty.
fn fresh_folder(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder).during(|| format!("removal of {}", folder.display()))?;
    }
    fs::create_dir_all(folder).during(|| format!("making {}", folder.display()))
}
