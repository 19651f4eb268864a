//! As what the value of a parameter is read: one type for each row of a table, and no other.

use crate::param::Preset;
use crate::station;
use crate::suites::{AuthAlg, Ciphers, KeyMgmt, Proto};
use crate::value::{self, Value};
use alloc::vec::Vec;
use core::marker::PhantomData;
use crypto::Secret;
use wire::MacAddr;

/// The place of a parameter in its table, and what it is read as.
#[derive(Debug)]
pub(crate) struct Key<T> {
    place: u16,
    read_as: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    pub(crate) const fn new(place: u16) -> Key<T> {
        Key { place, read_as: PhantomData }
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> From<Key<T>> for usize {
    fn from(key: Key<T>) -> usize {
        usize::from(key.place)
    }
}

/// A type that values are read as.
pub trait Stored {
    /// What reading gives.
    type Out<'a>;

    /// Reads a value, or what it is without one.
    fn read(value: Option<&Value>, preset: Preset) -> Self::Out<'_>;
}

/// Nobody reads it.
#[derive(Debug)]
pub struct Nothing;
/// A string, or bytes; none where it is unset.
#[derive(Debug)]
pub struct Bytes;
/// Text; none where it is unset or no UTF-8.
#[derive(Debug)]
pub struct Text;
/// Elements; none of them where it is unset.
#[derive(Debug)]
pub struct Elements;
/// The two letters of a country.
#[derive(Debug)]
pub struct Letters;
/// Passphrase, key or the name of either.
#[derive(Debug)]
pub struct Psk;
/// Addresses with masks.
#[derive(Debug)]
pub struct MacList;
/// Numbers from 0; others are left out.
#[derive(Debug)]
pub struct Numbers;
/// Numbers of groups.
#[derive(Debug)]
pub struct Groups;
/// Texts that were given one by one.
#[derive(Debug)]
pub struct Lines;
/// Secret texts that were given one by one.
#[derive(Debug)]
pub struct SecretLines;
/// hostapd's passwords of SAE, in the order in which they were given.
#[derive(Debug)]
pub struct SaePasswords;

fn int(value: Option<&Value>, preset: Preset) -> i64 {
    match (value, preset) {
        (Some(Value::Int(n)), _) => *n,
        (_, Preset::Int(n)) => n,
        (_, Preset::Unset | Preset::Bits(_)) => 0,
    }
}

fn bits(value: Option<&Value>, preset: Preset) -> u32 {
    match (value, preset) {
        (Some(Value::Bits(bits)), _) => *bits,
        (_, Preset::Bits(bits)) => bits,
        (_, Preset::Unset | Preset::Int(_)) => 0,
    }
}

/// A number as one of fewer bits, the nearest that there is.
macro_rules! counts {
    ($($type:ident)*) => { $(
        impl Stored for $type {
            type Out<'a> = $type;
            fn read(value: Option<&Value>, preset: Preset) -> $type {
                $type::try_from(int(value, preset).max(0)).unwrap_or($type::MAX)
            }
        }
    )* };
}
counts!(u8 u16 u32);

/// A set of words.
macro_rules! sets {
    ($($type:ident)*) => { $(
        impl Stored for $type {
            type Out<'a> = $type;
            fn read(value: Option<&Value>, preset: Preset) -> $type {
                $type::from_bits(bits(value, preset))
            }
        }
    )* };
}
sets!(Proto KeyMgmt Ciphers AuthAlg);

/// What one kind of value holds, or what there is without it.
macro_rules! plain {
    ($($type:ty as $out:ty: $value:ident($one:ident) => $read:expr, else $none:expr;)*) => { $(
        impl Stored for $type {
            type Out<'a> = $out;
            fn read(value: Option<&Value>, _: Preset) -> Self::Out<'_> {
                match value {
                    Some(Value::$value($one)) => $read,
                    _ => $none,
                }
            }
        }
    )* };
}
plain! {
    Bytes as Option<&'a [u8]>: Bytes(bytes) => Some(bytes), else None;
    Text as Option<&'a str>: Bytes(bytes) => core::str::from_utf8(bytes).ok(), else None;
    Elements as &'a [u8]: Bytes(bytes) => bytes, else &[];
    Letters as Option<[u8; 2]>: Bytes(bytes) => bytes.as_slice().try_into().ok(), else None;
    Secret as Option<&'a Secret>: Secret(secret) => Some(secret), else None;
    MacAddr as Option<MacAddr>: Mac(mac) => Some(*mac), else None;
    MacList as &'a [(MacAddr, MacAddr)]: Macs(list) => list, else &[];
    Numbers as Vec<u32>: Ints(list) => list.iter().filter_map(|n| u32::try_from(*n).ok()).collect(), else Vec::new();
    Groups as Vec<u16>: Ints(list) => list.iter().filter_map(|n| u16::try_from(*n).ok()).collect(), else Vec::new();
    Lines as &'a [Vec<u8>]: Lines(lines) => lines, else &[];
    SecretLines as &'a [Secret]: SecretLines(lines) => lines, else &[];
    SaePasswords as &'a [value::SaePassword]: SaePasswords(entries) => entries, else &[];
}

impl Stored for bool {
    type Out<'a> = bool;
    fn read(value: Option<&Value>, preset: Preset) -> bool {
        int(value, preset) != 0
    }
}

impl Stored for i64 {
    type Out<'a> = i64;
    fn read(value: Option<&Value>, preset: Preset) -> i64 {
        int(value, preset)
    }
}

impl Stored for Psk {
    type Out<'a> = Option<station::Psk<'a>>;
    fn read(value: Option<&Value>, _: Preset) -> Option<station::Psk<'_>> {
        match value {
            Some(Value::Passphrase(secret)) => Some(station::Psk::Passphrase(secret)),
            Some(Value::Secret(secret)) => Some(station::Psk::Key(secret)),
            Some(Value::External(name)) => Some(station::Psk::External(name)),
            _ => None,
        }
    }
}
