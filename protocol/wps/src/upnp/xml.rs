//! As much XML as UPnP needs: the text of an element by its name, and text that is safe inside of one.
//!
//! No entities but the five of XML itself, no references to anything outside, no depth that could be exhausted.

use alloc::string::String;
use core::ops::ControlFlow;

/// The text of the first element of this name, whatever its prefix. `None` if there is none, or it holds others.
pub(super) fn text_of<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let behind = tags(document).find(|tag| tag.is_start && tag.name == name)?.behind;
    let (text, rest) = behind.split_once('<')?;
    let closing = rest.strip_prefix('/')?;
    let end = closing.split_once('>')?.0.trim_end();
    (local(end) == name).then_some(text)
}

/// The part of the document inside of the first element of this name.
pub(super) fn inside<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let start = tags(document).find(|tag| tag.is_start && tag.name == name)?.behind;
    let end = tags(start).find(|tag| !tag.is_start && tag.name == name)?;
    start.get(..start.len().checked_sub(end.before.len())?)
}

/// The name of the first element inside of one, without its prefix.
pub(super) fn first_child(document: &str) -> Option<&str> {
    tags(document).find(|tag| tag.is_start).map(|tag| tag.name)
}

/// Each part of the document that is inside of an element of this name.
pub(super) fn each<'a>(document: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = document;
    core::iter::from_fn(move || {
        let part = inside(rest, name)?;
        let start = tags(rest).find(|tag| tag.is_start && tag.name == name)?.behind;
        rest = start.get(part.len()..)?.get(1..)?;
        Some(part)
    })
}

struct Tag<'a> {
    name: &'a str,
    is_start: bool,
    /// From the tag itself on.
    before: &'a str,
    behind: &'a str,
}

/// The name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Tags one after the other; declarations and comments are passed over.
fn tags(document: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = document;
    core::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            let before = rest.get(at..)?;
            let inner = before.get(1..)?;
            let (tag, behind) = inner.split_once('>')?;
            rest = behind;
            match read(tag, before, behind) {
                ControlFlow::Break(tag) => return Some(tag),
                ControlFlow::Continue(()) => {}
            }
        }
    })
}

fn read<'a>(tag: &'a str, before: &'a str, behind: &'a str) -> ControlFlow<Tag<'a>> {
    if tag.starts_with(['?', '!']) {
        return ControlFlow::Continue(());
    }
    let (is_start, tag) = tag.strip_prefix('/').map_or((true, tag), |tag| (false, tag));
    let tag = tag.trim_end_matches('/');
    let name = local(tag.split([' ', '\t', '\r', '\n']).next().unwrap_or_default());
    if name.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(Tag { name, is_start, before, behind }) }
}

/// A text, safe inside of an element: without control characters.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
