<?php
apcu_store("n", 41); echo apcu_inc("n");
