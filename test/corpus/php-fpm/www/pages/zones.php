<?php
echo count(DateTimeZone::listIdentifiers()) > 400 ? "many" : "few";
