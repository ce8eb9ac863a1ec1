{hello => 'Guten Tag'};
