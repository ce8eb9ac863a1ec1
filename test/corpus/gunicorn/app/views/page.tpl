<!doctype html>
% include("part", name=name)
