//! Grants of daemons that a service manager starts: files that an administrator can read, one for each daemon's user.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::User;
use policy::RuntimeDir;
use policy::grant::Grant;
use tracing::{info, warn};

/// Where grants lie: the administrator's, then what was shipped.
const FOLDERS: [&str; 2] = ["/etc/airlock", "/usr/lib/airlock"];

/// Reads these files, or those of the usual folders, and says which user has which grant. The superuser may be
/// either daemon, with its grant.
pub(crate) fn of_users(named: Vec<PathBuf>) -> Result<Vec<(u32, Grant)>, String> {
    let files = if named.is_empty() { usual(&FOLDERS.map(Path::new)) } else { named };
    if files.is_empty() {
        return Err(format!("no grant: there is no file *.grant in {}", FOLDERS.join(" or ")));
    }
    let runtime_dir = RuntimeDir::find();
    let mut grants: Vec<(u32, Grant)> = Vec::new();
    for file in files {
        let shown = file.display();
        let text = fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
        let mut grant = Grant::parse(&text).map_err(|error| format!("{shown}: {error}"))?;
        grant.name_once(runtime_dir);
        let Some(user) = &grant.user else { return Err(format!("{shown}: no line \"user: NAME\"")) };
        match User::from_name(user) {
            Ok(Some(found)) => {
                let user = found.uid.as_raw();
                if grants.iter().any(|(of, _)| *of == user && user != 0) {
                    return Err(format!("{shown}: another file has a grant for the same user"));
                }
                grants.push((user, grant.clone()));
            }
            Ok(None) => warn!("{shown}: there is no user {user}"),
            Err(error) => warn!("{shown}: user {user}: {error}"),
        }
        if !grants.iter().any(|(of, other)| *of == 0 && other.role == grant.role) {
            grants.push((0, grant));
        }
        info!("grant of {shown}");
    }
    Ok(grants)
}

/// The files of these folders; of the same name, that of the folder before.
fn usual(folders: &[&Path]) -> Vec<PathBuf> {
    let mut files: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "grant") {
                files.entry(entry.file_name()).or_insert(path);
            }
        }
    }
    files.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrators_grant_replaces_the_shipped_one_of_its_name() {
        let base = std::env::temp_dir().join(format!("grants-{}", std::process::id()));
        let (etc, lib) = (base.join("etc"), base.join("lib"));
        for (folder, name) in [(&etc, "a.grant"), (&lib, "a.grant"), (&lib, "b.grant"), (&lib, "README")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(name), "").unwrap();
        }
        let found = usual(&[&etc, &lib, &base.join("absent")]);
        assert_eq!(found, [etc.join("a.grant"), lib.join("b.grant")]);
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn a_grant_that_cannot_be_read_ends_the_start_with_its_name_and_line() {
        let path = std::env::temp_dir().join(format!("wrong-{}.grant", std::process::id()));
        for (text, said) in [
            ("role: station\n", "user: NAME"),
            ("role: station\nuser: root\nfly: yes\n", "line 3"),
            ("role: station\nuser: root\n", ""),
        ] {
            fs::write(&path, text).unwrap();
            let read = of_users(vec![path.clone()]);
            match read {
                Ok(grants) => assert!(said.is_empty() && grants.len() == 1, "{grants:?}"),
                Err(error) => assert!(error.contains("wrong-") && error.contains(said) && !said.is_empty(), "{error}"),
            }
        }
        fs::remove_file(path).unwrap();
    }
}
