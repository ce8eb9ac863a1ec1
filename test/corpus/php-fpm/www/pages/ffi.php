<?php
echo extension_loaded("FFI") ? FFI::cdef("int abs(int);")->abs(-4) : "none";
