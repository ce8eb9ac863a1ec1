<?php
try { new PDO("pgsql:host=127.0.0.1"); } catch (PDOException $e) { echo preg_match("/refused/", $e->getMessage()); }
