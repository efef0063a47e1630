#include "golden/golden_net.h"
