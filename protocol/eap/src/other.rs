//! What a method of another crate says and asks: this crate carries it, and knows nothing of it.

use alloc::sync::Arc;
use core::any::Any;
use core::fmt;

/// A value that only its method and whoever started that method can read.
#[derive(Clone)]
pub struct Other(Arc<dyn Value>);

trait Value: Any + fmt::Debug + Send + Sync {}

impl<T: Any + fmt::Debug + Send + Sync> Value for T {}

impl Other {
    /// Wraps a value; secrets in it are to hide themselves in `Debug`.
    #[must_use]
    pub fn new<T: Any + fmt::Debug + Send + Sync>(value: T) -> Other {
        Other(Arc::new(value))
    }

    /// The value, if it is of this type.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        let value: &dyn Any = &*self.0;
        value.downcast_ref()
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Other {
    /// The very same one: what is inside may know no equality.
    fn eq(&self, other: &Other) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Other {}
