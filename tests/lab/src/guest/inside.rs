//! Making a running process do what it would do if it were taken over.
//!
//! The process is stopped where it waits, its registers are set for a system call of our choice, and the kernel
//! decides. That is the running process with its user, its capabilities, its filter and its Landlock domain: nothing
//! is taken on trust from the code that built the sandbox.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;

use nix::errno::Errno;
use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::failure::{During as _, Failure, Outcome};

/// What became of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gave this.
    Did(i64),
    /// It was refused.
    Refused(Errno),
    /// The process was killed for trying.
    Killed,
}

impl Verdict {
    /// Was the attempt stopped?
    #[must_use]
    pub fn is_stopped(self) -> bool {
        !matches!(self, Self::Did(_))
    }
}

/// A process that is held at a system call.
#[derive(Debug)]
pub struct Inside {
    process: Pid,
    registers: user_regs_struct,
    alive: bool,
}

/// An argument of a system call.
#[derive(Clone, Copy, Debug)]
pub enum Argument<'a> {
    /// A number.
    Number(u64),
    /// A pointer to these bytes.
    Bytes(&'a [u8]),
}

/// Of x86-64's `syscall` instruction.
const INSTRUCTION_LENGTH: u64 = 2;
/// How far below the stack pointer bytes are put: below what the process itself may still use.
const BELOW_STACK: u64 = 16_384;

impl Inside {
    /// Stops the process while it waits in a system call.
    pub fn enter(id: u32) -> Outcome<Self> {
        let process = Pid::from_raw(i32::try_from(id).during(|| "a process id".into())?);
        ptrace::attach(process).during(|| format!("ptrace of {id}"))?;
        waitpid(process, None)?;
        ptrace::setoptions(process, ptrace::Options::PTRACE_O_TRACESYSGOOD)?;
        let registers = ptrace::getregs(process).during(|| format!("registers of {id}"))?;
        let inside = Self { process, registers, alive: true };
        let code = inside.read(registers.rip.wrapping_sub(INSTRUCTION_LENGTH), 2)?;
        if code != [0x0f, 0x05] {
            return Err(Failure::new(format!("process {id} does not wait in a system call")));
        }
        Ok(inside)
    }

    fn read(&self, at: u64, length: usize) -> Outcome<Vec<u8>> {
        let memory = OpenOptions::new().read(true).open(format!("/proc/{}/mem", self.process))?;
        let mut bytes = vec![0; length];
        memory.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// Has the process make a system call.
    pub fn call(&mut self, number: i64, arguments: &[Argument<'_>]) -> Outcome<Verdict> {
        if !self.alive {
            return Err(Failure::new("the process is dead"));
        }
        let memory = OpenOptions::new().write(true).open(format!("/proc/{}/mem", self.process))?;
        let mut place = self.registers.rsp.wrapping_sub(BELOW_STACK) & !63;
        let mut values = [0_u64; 6];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = match argument {
                Argument::Number(number) => *number,
                Argument::Bytes(bytes) => {
                    memory.write_all_at(bytes, place)?;
                    let here = place;
                    place += (bytes.len() as u64).next_multiple_of(64);
                    here
                }
            };
        }
        let [rdi, rsi, rdx, r10, r8, r9] = values;
        let mut registers = user_regs_struct { rdi, rsi, rdx, r10, r8, r9, ..self.registers };
        registers.rip = registers.rip.wrapping_sub(INSTRUCTION_LENGTH);
        registers.rax = number.cast_unsigned();
        // No system call that was interrupted is to be taken up again.
        registers.orig_rax = u64::MAX;
        ptrace::setregs(self.process, registers)?;
        // Once to its entry, once to its end; signals that arrive meanwhile are not delivered.
        let mut stops = 0;
        while stops < 2 {
            ptrace::syscall(self.process, None)?;
            match waitpid(self.process, None)? {
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                    self.alive = false;
                    return Ok(Verdict::Killed);
                }
                WaitStatus::PtraceSyscall(..) => stops += 1,
                WaitStatus::Stopped(..)
                | WaitStatus::PtraceEvent(..)
                | WaitStatus::Continued(..)
                | WaitStatus::StillAlive => {}
            }
        }
        let result = ptrace::getregs(self.process)?.rax.cast_signed();
        Ok(match i32::try_from(result) {
            Ok(code @ -4095..=-1) => Verdict::Refused(Errno::from_raw(-code)),
            _ => Verdict::Did(result),
        })
    }

    /// Lets the process go on with the system call it waited in.
    pub fn leave(mut self) -> Outcome {
        self.release()
    }

    fn release(&mut self) -> Outcome {
        if !self.alive {
            return Ok(());
        }
        self.alive = false;
        let mut registers = self.registers;
        if registers.orig_rax.cast_signed() >= 0 {
            registers.rip = registers.rip.wrapping_sub(INSTRUCTION_LENGTH);
            registers.rax = registers.orig_rax;
            registers.orig_rax = u64::MAX;
        }
        ptrace::setregs(self.process, registers)?;
        ptrace::detach(self.process, None)?;
        Ok(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A process that cannot be let go is gone.
        let _ = self.release();
    }
}

/// Does Landlock hold the process? /proc has no field for that, so it is asked to open a file that all may read: plain
/// permissions allow it, Landlock answers EACCES.
pub fn landlock(id: u32) -> Outcome<&'static str> {
    let here = Argument::Number(i64::from(libc::AT_FDCWD).cast_unsigned());
    let file = Argument::Bytes(b"/usr/lib/os-release\0");
    let mut inside = Inside::enter(id)?;
    let verdict = inside.call(libc::SYS_openat, &[here, file, Argument::Number(0)])?;
    inside.leave()?;
    Ok(match verdict {
        Verdict::Refused(Errno::EACCES) => "yes",
        Verdict::Refused(_) => "behind seccomp",
        Verdict::Did(_) => "no",
        Verdict::Killed => "killed by seccomp",
    })
}
