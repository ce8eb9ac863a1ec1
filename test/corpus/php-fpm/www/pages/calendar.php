<?php
echo jdtogregorian(cal_to_jd(CAL_GREGORIAN, 2, 29, 2024)), " ", date("D", easter_date(2024) + 43200);
