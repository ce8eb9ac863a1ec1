<?php
try { (new Redis)->connect("127.0.0.1", 6379, 0.2); } catch (RedisException $e) { echo get_class($e), " ", $e->getMessage(); }
