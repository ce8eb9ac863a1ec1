<?php
echo gmp_strval(gmp_pow(3, 100));
