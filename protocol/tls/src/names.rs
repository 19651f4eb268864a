//! Which names a configuration demands of the peer's certificate.

use crate::certificate::{AltName, Certificate};
use crate::refusal::Refusal;

/// What the certificate of the peer must name. Everything that is set must match; what is empty demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameRules {
    /// `subject_match`: a part of the subject in one line.
    pub subject: String,
    /// `altsubject_match`: one of these, separated by semicolons, is a subjectAltName: `EMAIL:…`, `DNS:…`, `URI:…`.
    pub alt_subject: String,
    /// `domain_match`: one of these, separated by semicolons, is a dNSName, or the common name where the certificate
    /// has no dNSName.
    pub domain: String,
    /// `domain_suffix_match`: as `domain_match`, or a name below one of these.
    pub domain_suffix: String,
    /// `check_cert_subject`: each attribute is there, in this order for each kind; a `*` at the end stands for the rest.
    pub check_subject: String,
}

impl NameRules {
    /// Whether nothing is demanded, so that every certificate of a trusted CA will do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Judges the peer's own certificate.
    ///
    /// # Errors
    /// The first rule that it does not match.
    pub fn check(&self, certificate: &Certificate) -> Result<(), Refusal> {
        let refuse =
            |parameter, wanted: &String, presented| Err(Refusal::Name { parameter, wanted: wanted.clone(), presented });
        if !self.subject.is_empty() && !certificate.subject().contains(&self.subject) {
            return refuse("subject_match", &self.subject, vec![certificate.subject().to_owned()]);
        }
        if !self.alt_subject.is_empty() && !alt_subject_matches(&self.alt_subject, certificate) {
            let all = certificate.alt_names().iter().map(AltName::to_string).collect();
            return refuse("altsubject_match", &self.alt_subject, all);
        }
        for (parameter, wanted, below) in
            [("domain_match", &self.domain, false), ("domain_suffix_match", &self.domain_suffix, true)]
        {
            let names = domains(certificate);
            let matches = |name: &&str| list(wanted).any(|domain| domain_matches(domain, name, below));
            if !wanted.is_empty() && !names.iter().any(matches) {
                return refuse(parameter, wanted, names.iter().map(|name| (*name).to_owned()).collect());
            }
        }
        if !self.check_subject.is_empty() && !subject_has(&self.check_subject, certificate.attributes()) {
            return refuse("check_cert_subject", &self.check_subject, vec![certificate.subject().to_owned()]);
        }
        Ok(())
    }
}

/// The entries of a list that semicolons separate.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|entry| !entry.is_empty())
}

/// Entries start at a known prefix, since a URI may contain semicolons.
fn alt_subject_matches(wanted: &str, certificate: &Certificate) -> bool {
    let names: Vec<String> = certificate.alt_names().iter().map(AltName::to_string).collect();
    let mut entry = String::new();
    let mut entries = Vec::new();
    for part in wanted.split(';') {
        let starts = ["EMAIL:", "DNS:", "URI:", "IP:"].iter().any(|prefix| part.trim_start().starts_with(prefix));
        if starts && !entry.is_empty() {
            entries.push(core::mem::take(&mut entry));
        } else if !entry.is_empty() {
            entry.push(';');
        }
        entry.push_str(if starts { part.trim_start() } else { part });
    }
    entries.push(entry);
    entries.iter().any(|entry| names.iter().any(|name| name == entry.trim_end()))
}

/// dNSNames, or common names where there is none.
fn domains(certificate: &Certificate) -> Vec<&str> {
    let names: Vec<&str> = certificate.dns_names().collect();
    if names.is_empty() { certificate.common_names().iter().map(String::as_str).collect() } else { names }
}

/// Whether `name` is `domain`, or, if `below` is allowed, a name under it: whole labels only.
fn domain_matches(domain: &str, name: &str, below: bool) -> bool {
    // A name with a NUL inside has fooled others.
    if name.contains('\0') {
        return false;
    }
    if name.eq_ignore_ascii_case(domain) {
        return true;
    }
    let Some((head, tail)) = name.len().checked_sub(domain.len()).and_then(|at| name.split_at_checked(at)) else {
        return false;
    };
    below && tail.eq_ignore_ascii_case(domain) && head.ends_with('.')
}

/// Whether the subject has each attribute that is asked for; those of the same kind in the same order.
fn subject_has(wanted: &str, presented: &[(String, String)]) -> bool {
    let asked: Vec<(&str, &str)> = wanted.split('/').filter_map(|part| part.split_once('=')).collect();
    let mut used: Vec<&str> = Vec::new();
    let all = asked.iter().all(|(name, value)| {
        let name = name.trim();
        let skip = used.iter().filter(|known| known.eq_ignore_ascii_case(name)).count();
        used.push(name);
        let mut of_kind = presented.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, have)) = of_kind.nth(skip) else { return false };
        value.strip_suffix('*').map_or(have == value, |start| have.starts_with(start))
    });
    !asked.is_empty() && all
}
