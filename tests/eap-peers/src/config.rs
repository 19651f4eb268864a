//! Files of `name=value` lines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use eap::MethodType;
use eap::methods::ttls::TtlsInner;
use tls::Versions;

use crate::Outcome;

/// What a program was told.
#[derive(Debug, Default)]
pub struct Config {
    values: BTreeMap<String, String>,
    /// Names that were asked for: what nobody asks for is a mistake of the writer.
    read: Mutex<BTreeSet<String>>,
}

impl Config {
    /// The file that the first argument names.
    ///
    /// # Errors
    /// It cannot be read, or a line is none.
    pub fn of_arguments() -> Outcome<Config> {
        let path = std::env::args().nth(1).ok_or("which file of settings?")?;
        Config::parse(&std::fs::read_to_string(&path).map_err(|why| format!("{path}: {why}"))?)
    }

    /// Reads lines.
    ///
    /// # Errors
    /// A line without `=`.
    pub fn parse(text: &str) -> Outcome<Config> {
        let mut values = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("no setting: {line}"))?;
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(Config { values, read: Mutex::default() })
    }

    /// A value.
    pub fn get(&self, name: &str) -> Option<&str> {
        if let Ok(mut read) = self.read.lock() {
            read.insert(name.to_owned());
        }
        self.values.get(name).map(String::as_str)
    }

    /// A value that has to be there.
    ///
    /// # Errors
    /// It is not.
    pub fn need(&self, name: &str) -> Outcome<&str> {
        Ok(self.get(name).ok_or_else(|| format!("missing: {name}="))?)
    }

    /// A number, or another.
    ///
    /// # Errors
    /// The value is none.
    pub fn number<T: core::str::FromStr>(&self, name: &str, otherwise: T) -> Outcome<T> {
        match self.get(name) {
            None => Ok(otherwise),
            Some(text) => Ok(text.parse().map_err(|_| format!("{name}={text} is no number of its kind"))?),
        }
    }

    /// The words of a value.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).unwrap_or_default().split_whitespace()
    }

    /// Methods of EAP, as configuration files call them.
    ///
    /// # Errors
    /// One is unknown.
    pub fn methods(&self, name: &str) -> Outcome<Vec<MethodType>> {
        self.words(name)
            .map(|word| Ok(MethodType::from_name(word).ok_or_else(|| format!("no method: {word}"))?))
            .collect()
    }

    /// What is inside of TTLS.
    ///
    /// # Errors
    /// One is unknown.
    pub fn ttls(&self) -> Outcome<Vec<TtlsInner>> {
        let all = [TtlsInner::Pap, TtlsInner::Chap, TtlsInner::MsChap, TtlsInner::MsChapV2, TtlsInner::Eap];
        self.words("ttls")
            .map(|word| {
                let found = all.into_iter().find(|inner| inner.name() == word);
                Ok(found.ok_or_else(|| format!("nothing inside of TTLS: {word}"))?)
            })
            .collect()
    }

    /// Versions of TLS: `tls=1.2`, `tls=1.3`, or both.
    ///
    /// # Errors
    /// Another one.
    pub fn versions(&self) -> Outcome<Versions> {
        Ok(match self.get("tls") {
            None => Versions::ALL,
            Some("1.2") => Versions::ONLY_TLS12,
            Some("1.3") => Versions::ONLY_TLS13,
            Some(other) => return Err(format!("tls={other}").into()),
        })
    }

    /// The content of the file that a value names.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn file(&self, name: &str) -> Outcome<Option<Vec<u8>>> {
        let read = |path: &str| std::fs::read(path).map_err(|why| format!("{name}={path}: {why}"));
        Ok(self.get(name).map(read).transpose()?)
    }

    /// To be called once everything was read.
    ///
    /// # Errors
    /// A setting that nobody knows.
    pub fn all_read(&self) -> Outcome {
        let read = self.read.lock().map_err(|_| "a thread ended early")?;
        match self.values.keys().find(|name| !read.contains(*name)) {
            Some(name) => Err(format!("unknown setting: {name}").into()),
            None => Ok(()),
        }
    }
}
