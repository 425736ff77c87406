/* The interface of the kernel-mode driver framework, versions 1.31 and 1.33.
 *
 * Written for this project from the numbers, names and layouts of the framework's public interface
 * (see ../README.md). The names are those of Microsoft's kit, so that a driver compiles with either.
 *
 * Before this header, include ntddk.h (or ntifs.h) and define KMDF_VERSION_MAJOR and
 * KMDF_VERSION_MINOR.
 */

#ifndef _WDF_H_
#define _WDF_H_

#if KMDF_VERSION_MAJOR != 1 || (KMDF_VERSION_MINOR != 31 && KMDF_VERSION_MINOR != 33)
#error "this kit describes KMDF 1.31 and 1.33 (KMDF_VERSION_MAJOR, KMDF_VERSION_MINOR)"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#include "wdftypes.h"
#include "wdfstatus.h"
#include "wdfbugcodes.h"
#include "wdffuncenum.h"
#include "wdfglobals.h"
#include "wdfobject.h"
#include "wdfdriver.h"
#include "wdffileobject.h"
#include "wdfrequest.h"
#include "wdfio.h"
#include "wdfpnppower.h"
#include "wdfdevice.h"
#include "wdfwake.h"
#include "wdfmemory.h"
#include "wdfrequestsend.h"
#include "wdfiotarget.h"
#include "wdffdo.h"
#include "wdfproperty.h"
#include "wdfqueryinterface.h"
#include "wdfresource.h"
#include "wdfwmi.h"
#include "wdfstring.h"
#include "wdfcollection.h"
#include "wdfregistry.h"
#include "wdfsync.h"
#include "wdftimer.h"
#include "wdfworkitem.h"
#include "wdfdpc.h"
#include "wdfverifier.h"

#ifdef __cplusplus
}
#endif

#endif /* _WDF_H_ */
