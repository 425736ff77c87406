//! How a file declares the functions of the table that it implements.

use nt_kernel::irql::Irql;

/// One implemented function of the table.
pub(crate) struct Function {
    /// Its name, which is in `function_list.txt`.
    pub(crate) name: &'static str,
    /// The type of its answer, for the tests of fault injection.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the types in the table are for tests")
    )]
    pub(crate) result: &'static str,
    /// Where its code is.
    pub(crate) address: usize,
}

/// The highest IRQL of a function that needs to be able to wait or to touch pageable memory.
pub(crate) const PASSIVE: Irql = Irql::PASSIVE;
/// The highest IRQL of a function that touches pageable memory, but does not wait.
pub(crate) const APC: Irql = Irql::APC;
/// The highest IRQL of most functions.
pub(crate) const DISPATCH: Irql = Irql::DISPATCH;
/// No limit.
pub(crate) const ANY: Irql = Irql::HIGH;

/// Declares functions of the table: IRQL limit, name, the function in this file that does
/// it, with a constant where two functions have one body, and the prototype without the driver's
/// globals. Makes `functions()`, which lists them.
macro_rules! functions {
    ($($limit:ident $name:ident = $body:ident $(::<$flag:literal>)?(
        $($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        /// The functions of the table that this file implements.
        pub(crate) fn functions() -> Vec<$crate::function_entry::Function> {
            vec![$($crate::function_entry::Function {
                name: stringify!($name),
                result: concat!($(stringify!($result))?),
                address: entries::$name as *const () as usize,
            }),*]
        }

        /// What the driver calls.
        #[expect(non_snake_case, reason = "the names are the framework's")]
        #[allow(clippy::wildcard_imports, reason = "each file brings its own types")]
        #[allow(unused_imports, reason = "some bring none")]
        pub(crate) mod entries {
            use super::*;
            $(
                #[allow(clippy::too_many_arguments, reason = "the prototypes are the framework's")]
                pub(crate) extern "win64" fn $name(
                    globals: *mut $crate::driver_binding::DriverGlobals,
                    $($argument: $type),*
                ) $(-> $result)? {
                    const RULES: $crate::call::FunctionRules = $crate::call::FunctionRules {
                        name: stringify!($name),
                        limit: $crate::function_entry::$limit,
                        failures: $crate::failures::statuses_of(stringify!($name)),
                    };
                    let call = $crate::call::FrameworkCall::enter(&RULES, globals);
                    if !call.is_at_its_level() {
                        return $(<$result as $crate::failures::FunctionResult>::refused())?;
                    }
                    $(if const { $crate::failures::fails_before_its_body(stringify!($name)) }
                        && let Some(answer) = $crate::failures::answer::<$result>(&call)
                    {
                        return answer;
                    })?
                    $body $(::<$flag>)?(&call, $($argument),*)
                }
            )*
        }
    };
}
pub(crate) use functions;
