<?php
echo (new ReflectionFunction("strlen"))->getReturnType();
