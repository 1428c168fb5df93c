package mapping

import "testing"

func TestAddressesAdd(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		wrong    bool
	}{
		{"an address", "joe@old.example", "joe@new.example", false},
		{"a domain", "*@third.example", "*@new.example", false},
		{"the same again", "JANE@old.example", "jane@new.example", false},
		{"another new address", "jane@OLD.example", "x@new.example", true},
		{"another new domain", "*@old.example", "*@x.example", true},
		{"an address for a domain", "*@third.example", "all@new.example", true},
		{"a domain for an address", "jane@third.example", "*@new.example", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewAddresses(false)
			for _, pair := range [][2]string{{"jane@old.example", "jane@new.example"}, {"*@old.example", "*@new.example"}} {
				if err := a.Add(pair[0], pair[1]); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Add(tt.old, tt.new); (err != nil) != tt.wrong {
				t.Errorf("Add(%s, %s): %v", tt.old, tt.new, err)
			}
		})
	}
}

func TestAddressesAgain(t *testing.T) {
	tests := []struct {
		name  string
		pairs [][2]string
		old   string
		want  bool
	}{
		{"one step", [][2]string{{"a@x", "b@x"}}, "a@x", false},
		{"two steps", [][2]string{{"a@x", "b@x"}, {"b@x", "c@x"}}, "a@x", true},
		{"the second of two steps", [][2]string{{"a@x", "b@x"}, {"b@x", "c@x"}}, "b@x", false},
		{"an exchange", [][2]string{{"a@x", "b@x"}, {"b@x", "a@x"}}, "a@x", true},
		{"itself", [][2]string{{"a@x", "a@x"}}, "a@x", false},
		{"another case of itself", [][2]string{{"A@x", "a@X"}}, "A@x", false},
		{"into a domain that changes", [][2]string{{"a@x", "a@y"}, {"*@y", "*@z"}}, "a@x", true},
		{"within a domain that changes", [][2]string{{"a@x", "b@x"}, {"*@x", "*@y"}}, "a@x", true},
		{"within a domain, with an exception", [][2]string{{"a@x", "b@x"}, {"*@x", "*@y"}, {"b@x", "b@x"}}, "a@x", false},
		{"a domain", [][2]string{{"*@x", "*@y"}}, "*@x", false},
		{"domains in two steps", [][2]string{{"*@x", "*@y"}, {"*@y", "*@z"}}, "*@x", true},
		{"a domain in which an address changes", [][2]string{{"*@x", "*@y"}, {"a@y", "b@z"}}, "*@x", true},
		{"a domain in which an excepted address changes", [][2]string{{"*@x", "*@y"}, {"a@y", "b@z"}, {"a@x", "b@z"}}, "*@x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewAddresses(false)
			for _, pair := range tt.pairs {
				if err := a.Add(pair[0], pair[1]); err != nil {
					t.Fatal(err)
				}
			}
			if got := a.Again(tt.old); got != tt.want {
				t.Errorf("Again(%s) = %v", tt.old, got)
			}
		})
	}
}
